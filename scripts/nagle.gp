# nagle.gp - draws the time of each of thirty requests on one connection.
#
#   gnuplot -e "file='nagle.tsv'; out='nagle'" scripts/nagle.gp
#
# Reads what scripts/pictures.sh has recorded, rows of: how (two, one,
# nodelay), number, milliseconds. Writes out.svg and out.png.

load "scripts/look.gp"

set title "Thirty requests on one connection" textcolor rgb INK font ",18"
set xlabel "request" textcolor rgb INK
set ylabel "time to its answer (ms)" textcolor rgb INK
set logscale y 10
set format y "%g"
set xrange [0.3 : 30.7]
set yrange [0.02 : 400]
set key noenhanced at graph 0.98, 0.6 right top Left reverse samplen 6 spacing 1.35

HOW = "two one nodelay"
TITLES = '"two writes" "one write" "two writes, TCP_NODELAY"'

rows(i) = sprintf("< grep '^%s' '%s'", word(HOW, i), file)

do for [kind = 1:2] {
    if (kind == 1) {
        set terminal @SVG
        set output out . ".svg"
    } else {
        set terminal @PNG
        set output out . ".png"
    }
    plot for [i = 1:3] rows(i) using 2:3 \
        with linespoints linetype i title word(TITLES, i)
    unset output
}
