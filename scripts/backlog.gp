# backlog.gp - draws how long each of nine clients waited for its answer, by
# the backlog of a server that is busy when they come.
#
#   gnuplot -e "file='backlog.tsv'; out='backlog'" scripts/backlog.gp
#
# Reads what scripts/pictures.sh has recorded, rows of: backlog, place of the
# client, seconds. Writes out.svg and out.png.

load "scripts/look.gp"

set title "Nine clients come while the server is busy" \
    textcolor rgb INK font ",18"
set xlabel "clients, the first to be answered first" textcolor rgb INK
set ylabel "time to the answer (s)" textcolor rgb INK
set xtics 1
set xrange [0.6 : 9.4]
set logscale y 10
set format y "%g"
set yrange [0.005 : 200]
set key at graph 0.02, 0.99 left top Left reverse samplen 6 spacing 1.2

BACKLOGS = "0 1 5 128"

rows(i) = sprintf("< grep '^%s\t' '%s'", word(BACKLOGS, i), file)

do for [kind = 1:2] {
    if (kind == 1) {
        set terminal @SVG
        set output out . ".svg"
    } else {
        set terminal @PNG
        set output out . ".png"
    }
    plot for [i = 1:4] rows(i) using 2:3 \
        with linespoints linetype i title "backlog " . word(BACKLOGS, i)
    unset output
}
