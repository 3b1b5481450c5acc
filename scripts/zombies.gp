# zombies.gp - draws zombies over time: three stages under one flood.
#
#   gnuplot scripts/zombies.gp
#   gnuplot -e "out='build/zombies'" scripts/zombies.gp
#
# Reads what `build/watch --tsv` wrote. Each of these may be set with -e:
#   files   the TSVs, separated by spaces   (build/zombies-3a.tsv ...)
#   titles  one quoted title for each       ('"3a  no wait" ...')
#   out     the pictures without .svg, .png (build/zombies)
# Writes an SVG without background, in tones that read on white and on black,
# and a PNG on white. Lines differ by dash and mark as well as by colour.

if (!exists("out")) out = "build/zombies"
if (!exists("files")) files = \
    "build/zombies-3a.tsv build/zombies-3b.tsv build/zombies-3c.tsv"
if (!exists("titles")) titles = \
    '"3a  no wait" "3b  one wait per signal" "3c  wait loop"'

load "scripts/look.gp"

set title "Zombies under the same flood" textcolor rgb INK font ",18"
set xlabel "time (s)" textcolor rgb INK
set ylabel "zombies (dead, not buried)" textcolor rgb INK
set key at graph 0.02, 0.97 left top Left reverse samplen 6 spacing 1.35

# What is left at the end is written beside the end of each line.
n = words(files)
last_s = 0
most = 10
array LEFT[n]
array MARK_EVERY[n]
do for [i = 1:n] {
    stats word(files, i) using (LEFT[i] = $3, end_s = $1 / 1000, $3) nooutput
    last_s = end_s > last_s ? end_s : last_s
    most = STATS_max > most ? STATS_max : most
    MARK_EVERY[i] = STATS_records < 12 ? 1 : int(STATS_records / 12)
}
place = -most
do for [i = n:1:-1] {
    apart = 0.065 * most
    place = abs(LEFT[i] - place) < apart ? place + apart : LEFT[i]
    set label i sprintf("%d left", LEFT[i]) at last_s, place \
        offset 0.9, 0 textcolor rgb COLOURS[i] font ",15"
}
set xrange [0 : last_s]
set yrange [-0.025 * most : 1.06 * most]
set rmargin 11

# Marks now and then tell the lines apart without colour, each line's at other
# times; the last plots draw nothing but the key.
set terminal @SVG
set output out . ".svg"
plot for [i = 1:n] word(files, i) using ($1 / 1000):3 \
         with lines linetype i notitle, \
     for [i = 1:n] word(files, i) using ($1 / 1000):3 \
         every MARK_EVERY[i]::int(MARK_EVERY[i] * (i + 1) / 4.0) \
         with points linetype i notitle, \
     for [i = 1:n] NaN with linespoints linetype i title word(titles, i)
unset output

set terminal @PNG
set output out . ".png"
replot
unset output
