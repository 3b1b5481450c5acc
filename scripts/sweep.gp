# sweep.gp - draws requests a second and memory against workers: two pages.
#
#   gnuplot -e "file='sweep.tsv'; out='sweep'" scripts/sweep.gp
#
# Reads what `scripts/sweep.sh --tsv` wrote and writes out.svg and out.png.

load "scripts/look.gp"

set title "Two pages that take 25 ms, on two processors" \
    textcolor rgb INK font ",18"
set xlabel "workers" textcolor rgb INK
set ylabel "requests a second" textcolor rgb INK
set y2label "memory shared with nobody, MiB" textcolor rgb INK
set border 11
set logscale x 2
set logscale y 2
set xtics (1, 2, 4, 8, 16)
set ytics nomirror
set y2tics textcolor rgb INK
set xrange [0.9 : 18]
set yrange [5 : 800]
set y2range [0 : 8]
set key at graph 0.02, 0.97 left top Left reverse samplen 6 spacing 1.35

# What two processors can compute of pages that take one 25 ms.
set arrow from graph 0, first 80 to graph 1, first 80 nohead \
    linecolor rgb INK linewidth 1.2 dashtype (4, 4)
set label "two processors compute no more" at graph 0.99, first 92 right \
    textcolor rgb INK

do for [kind = 1:2] {
    if (kind == 1) {
        set terminal @SVG
        set output out . ".svg"
    } else {
        set terminal @PNG
        set output out . ".png"
    }
    plot file using 1:3 skip 1 with linespoints linetype 3 title "it sleeps", \
         file using 1:2 skip 1 with linespoints linetype 1 \
             title "it computes", \
         file using 1:($4 / 1024) skip 1 axes x1y2 with linespoints \
             linetype 4 title "memory of all workers"
    unset output
}
