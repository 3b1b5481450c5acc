# storm.gp - draws how often a supervisor has forked for one seat in which all
# die at birth, over time: with back-off and without.
#
#   gnuplot -e "file='storm.tsv'; out='storm'" scripts/storm.gp
#
# Reads what scripts/pictures.sh has recorded, rows of: who, ms, forks so far.
# Writes out.svg and out.png.

load "scripts/look.gp"

set title "Forks for one seat in which all die at birth" \
    textcolor rgb INK font ",18"
set xlabel "time since the first death (s)" textcolor rgb INK
set ylabel "forks so far" textcolor rgb INK
set logscale y 10
set key at graph 0.02, 0.97 left top Left reverse samplen 6 spacing 1.35
set rmargin 14

WHO = "twin 3e"
TITLES = '"again, at once (the twin)" "with back-off (3e)"'
LINES = "1 3"
of(i) = sprintf("< grep '^%s\t' '%s'", word(WHO, i), file)

last_s = 0
most = 10
do for [i = 1:2] {
    stats of(i) using (end_s = $2 / 1000, end_y = $3, $3) nooutput
    last_s = end_s > last_s ? end_s : last_s
    most = end_y > most ? end_y : most
    set label i sprintf("%d forks", end_y) at end_s, end_y offset 0.9, 0 \
        textcolor rgb COLOURS[int(word(LINES, i))] font ",15"
}
set xrange [0 : last_s]
set yrange [0.8 : 5 * most]
set label 3 "each delay is twice the one before, up to 5 s" at 1.7, 3.6 \
    textcolor rgb COLOURS[3]

do for [kind = 1:2] {
    if (kind == 1) {
        set terminal @SVG
        set output out . ".svg"
    } else {
        set terminal @PNG
        set output out . ".png"
    }
    plot for [i = 1:2] of(i) using ($2 / 1000):3 with steps \
        linetype int(word(LINES, i)) dashtype solid title word(TITLES, i)
    unset output
}
