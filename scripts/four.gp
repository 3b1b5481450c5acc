# four.gp - draws the living and the dead of 3a, 3b, 3c and 3d under one flood,
# a panel each, all with the same axes.
#
#   gnuplot scripts/four.gp
#
# Reads what scripts/over-time.sh wrote. Each of these may be set with -e:
#   directory  where zombies-3a.tsv ... zombies-3d.tsv are  (build/pictures)
#   out        the pictures without .svg, .png              (build/four)
# Looks as look.gp says.

if (!exists("out")) out = "build/four"
if (!exists("directory")) directory = "build/pictures"

load "scripts/look.gp"

stages = "3a 3b 3c 3d"
array IDEAS[4] = ["no wait", "one wait per signal", "wait loop", \
    "40 workers, made beforehand"]
# Where nothing changes, two samples are as good as fifty a second.
file(i) = sprintf("< awk 'NR == 1 { next } \
    $2 != alive || $3 != dead { if (last) print last; print } \
    { alive = $2; dead = $3; last = $0 } END { print last }' \
    %s/zombies-%s.tsv", directory, word(stages, i))

last_s = 0
most = 10
do for [i = 1:4] {
    stats file(i) using (end_s = $1 / 1000, $2 > $3 ? $2 : $3) nooutput
    last_s = end_s > last_s ? end_s : last_s
    most = STATS_max > most ? STATS_max : most
}
set xrange [0 : last_s]
set yrange [-0.03 * most : 1.1 * most]
set key top left Left reverse samplen 3

# A pass for each kind of file.
do for [kind in "svg png"] {
    if (kind eq "svg") {
        set terminal @SVG
    } else {
        set terminal @PNG
    }
    set output out . "." . kind
    set multiplot layout 2, 2
    set key
    do for [i = 1:4] {
        set title word(stages, i) . "  " . IDEAS[i] textcolor rgb INK
        set xlabel (i > 2 ? "time (s)" : "") textcolor rgb INK
        set ylabel (i % 2 ? "processes" : "") textcolor rgb INK
        plot file(i) using ($1 / 1000):2 with lines linewidth 1.6 \
                 dashtype 3 linecolor rgb INK title "living children", \
             file(i) using ($1 / 1000):3 with lines linetype i \
                 dashtype solid title "zombies"
        unset key
    }
    unset multiplot
    unset output
}
