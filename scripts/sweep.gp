# sweep.gp - draws requests a second and memory against workers: two pages.
#
#   gnuplot -e "file='sweep.tsv'; out='sweep'" scripts/sweep.gp
#
# Reads what `scripts/sweep.sh --tsv` wrote and writes out.svg and out.png.

load "scripts/look.gp"

set title "Two pages that take 25 ms, for 32 clients on two processors" \
    textcolor rgb INK font ",18"
set xlabel "workers" textcolor rgb INK
set ylabel "requests a second" textcolor rgb INK
set y2label "memory shared with nobody, MiB" textcolor rgb INK
set border 11
set logscale x 2
set logscale y 2
set logscale y2 2
set xtics (1, 2, 4, 8, 16, 32, 64)
set ytics (10, 20, 40, 80, 160, 320, 640, 1280, 2560) nomirror
set y2tics textcolor rgb INK
set xrange [0.9 : 72]
set yrange [5 : 2560] # nine times the double, as the other
set y2range [0.125 : 64]
set key at graph 0.02, 0.97 left top Left reverse samplen 6 spacing 1.35

# A knee is where there are as many workers as there is of what they need.
set arrow 1 from 2, graph 0 to 2, 80 nohead front linecolor rgb INK \
    linewidth 1.2 dashtype (4, 4)
set label 1 "knee: 2 workers,\n2 processors" at 2.1, 60 \
    textcolor rgb COLOURS[1]
set arrow 2 from 32, graph 0 to 32, 1280 nohead front linecolor rgb INK \
    linewidth 1.2 dashtype (4, 4)
set label 2 "knee: 32 workers, 32 clients" at 64, 1720 right \
    textcolor rgb COLOURS[3]

do for [kind = 1:2] {
    if (kind == 1) {
        set terminal @SVG
        set output out . ".svg"
    } else {
        set terminal @PNG
        set output out . ".png"
    }
    plot file using 1:4 skip 1 with linespoints linetype 3 title "it sleeps", \
         file using 1:2 skip 1 with linespoints linetype 1 \
             title "it computes", \
         file using 1:($5 / 1024) skip 1 axes x1y2 with linespoints \
             linetype 4 title "memory of all workers"
    unset output
}
