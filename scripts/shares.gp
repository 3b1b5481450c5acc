# shares.gp - draws who of eight workers answered how many requests, a panel
# for each way to wait for clients, all with the same axes.
#
#   gnuplot -e "file='shares.tsv'; out='shares'" scripts/shares.gp
#
# Reads what scripts/pictures.sh has recorded, rows of: way, worker, requests.
# Writes out.svg and out.png.

load "scripts/look.gp"

WAYS = "accept poll epoll exclusive"
TITLES = '"accept (3d):  all take turns" "poll:  all wake, one is quickest" \
    "epoll:  all wake, one is quickest" "EPOLLEXCLUSIVE:  the first wakes"'
LINES = "3 1 4 2"
of(i) = sprintf("< grep '^%s\t' '%s'", word(WAYS, i), file)

stats file using 3 nooutput
requests = STATS_sum / 4
set xrange [0.4 : 8.6]
set yrange [0 : 1.12 * STATS_max]
set xtics 1 scale 0
set boxwidth 0.7
set style fill solid 0.8 noborder
unset key

# All panels are of the same size, whatever is written around them.
left(i) = i % 2 ? 0.095 : 0.595
top(i) = i > 2 ? 0.425 : 0.895

do for [kind in "svg png"] {
    if (kind eq "svg") {
        set terminal @SVG
    } else {
        set terminal @PNG
    }
    set output out . "." . kind
    set multiplot
    do for [i = 1:4] {
        set lmargin at screen left(i)
        set rmargin at screen left(i) + 0.38
        set tmargin at screen top(i)
        set bmargin at screen top(i) - 0.275
        set title word(TITLES, i) textcolor rgb INK font ",15"
        set xlabel (i > 2 ? "worker, in the order of birth" : "") \
            textcolor rgb INK
        set ylabel (i % 2 ? sprintf("of %d requests", requests) : "") \
            textcolor rgb INK
        colour = COLOURS[int(word(LINES, i))]
        plot of(i) using 2:3 with boxes linecolor rgb colour, \
             of(i) using 2:3:3 with labels offset 0, 0.6 \
                 textcolor rgb colour font ",13"
    }
    unset multiplot
    unset output
}
