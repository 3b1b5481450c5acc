# curve.gp - draws zombies left against clients at a time: 3b and 3c.
#
#   gnuplot -e "file='curve.tsv'; out='curve'" scripts/curve.gp
#
# Reads what `scripts/curve.sh --tsv` wrote and writes out.svg and out.png.
# A mark is one run; the line goes through their mean.

load "scripts/look.gp"

set title "Zombies left by a flood, by how many ask at a time" \
    textcolor rgb INK font ",18"
set xlabel "clients at a time" textcolor rgb INK
set ylabel "zombies left by 100 requests" textcolor rgb INK
set logscale x 2
set xtics (1, 2, 8, 32, 128)
set format x "%g"
set xrange [0.85 : 155]
set yrange [-3 : 100]
set key at graph 0.02, 0.97 left top Left reverse samplen 6 spacing 1.35

STAGES = "3b 3c"
TITLES = '"3b  one wait per signal" "3c  wait loop"'

# What one stage's runs say.
runs_of(i) = sprintf("< grep '^%s' '%s'", word(STAGES, i), file)

do for [kind = 1:2] {
    if (kind == 1) {
        set terminal @SVG
        set output out . ".svg"
    } else {
        set terminal @PNG
        set output out . ".png"
    }
    plot for [i = 1:2] runs_of(i) using 2:(100.0 * $5 / $4) smooth unique \
             with lines linetype i + 1 notitle, \
         for [i = 1:2] runs_of(i) using 2:(100.0 * $5 / $4) \
             with points linetype i + 1 notitle, \
         for [i = 1:2] NaN with linespoints linetype i + 1 title word(TITLES, i)
    unset output
}
