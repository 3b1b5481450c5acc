# vanished.gp - draws the share of answers lost against the size of the body
# that came with the request: a server that leaves it unread, and 1c.
#
#   gnuplot -e "file='vanished.tsv'; out='vanished'" scripts/vanished.gp
#
# Reads what scripts/pictures.sh has recorded, rows of: who, bytes, asked,
# lost. Writes out.svg and out.png.

load "scripts/look.gp"

set title "Answers lost, by the size of the request's body" \
    textcolor rgb INK font ",18"
set xlabel "body of the request (bytes)" textcolor rgb INK
set ylabel "answers lost (%)" textcolor rgb INK
set logscale x 10
set format x "%.0f"
set xtics (500, 1000, 2000, 4000, 10000, 30000, 100000)
set xrange [440 : 115000]
set yrange [-3 : 103]
set key at graph 0.02, 0.97 left top Left reverse samplen 6 spacing 1.35
set arrow from 4096, -3 to 4096, 103 nohead dashtype (1, 5) \
    linecolor rgb INK linewidth 1.2
set label "one read" at 4096, 52 rotate by 90 offset -0.9, 0 \
    textcolor rgb INK font ",13"

WHO = "twin 1c"
TITLES = '"body left unread" "1c  reads it all"'

rows(i) = sprintf("< grep '^%s' '%s'", word(WHO, i), file)
look(i) = i == 1 ? 1 : 3

do for [kind = 1:2] {
    if (kind == 1) {
        set terminal @SVG
        set output out . ".svg"
    } else {
        set terminal @PNG
        set output out . ".png"
    }
    plot for [i = 1:2] rows(i) using 2:(100.0 * $4 / $3) \
        with linespoints linetype look(i) title word(TITLES, i)
    unset output
}
