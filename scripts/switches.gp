# switches.gp - draws context switches for a client against workers: two ways
# to wait for clients.
#
#   gnuplot -e "file='switches.tsv'; out='switches'" scripts/switches.gp
#
# Reads what scripts/pictures.sh has recorded, rows of: way, workers, clients,
# context switches. Writes out.svg and out.png.

load "scripts/look.gp"

set title "Context switches for one client" textcolor rgb INK font ",18"
set xlabel "workers that wait" textcolor rgb INK
set ylabel "context switches of all workers" textcolor rgb INK
set logscale x 2
set logscale y 2
set xtics (1, 2, 4, 8, 16, 32)
set xrange [0.9 : 40]
set yrange [0.7 : 80]
set key at graph 0.02, 0.97 left top Left reverse samplen 6 spacing 1.35
set rmargin 5

WAYS = "accept poll"
TITLES = '"all wait in accept (3d)" "all wait in poll (its twin)"'
LINES = "3 1"
of(i) = sprintf("< grep '^%s' '%s'", word(WAYS, i), file)

do for [i = 1:2] {
    stats of(i) using (end_y = $4 / $3, $4) nooutput
    set label i sprintf("%.1f", end_y) at 32, end_y offset 1.2, 0 \
        textcolor rgb COLOURS[int(word(LINES, i))] font ",15"
}

do for [kind = 1:2] {
    if (kind == 1) {
        set terminal @SVG
        set output out . ".svg"
    } else {
        set terminal @PNG
        set output out . ".png"
    }
    plot for [i = 2:1:-1] of(i) using 2:($4 / $3) with linespoints \
        linetype int(word(LINES, i)) title word(TITLES, i)
    unset output
}
