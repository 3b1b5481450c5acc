# leak.gp - draws the memory of two applications against their requests.
#
#   gnuplot -e "file='leak.tsv'; out='leak'" scripts/leak.gp
#
# Reads what `scripts/leak.sh --tsv` wrote and writes out.svg and out.png.

load "scripts/look.gp"

set title "Leak or plateau?" textcolor rgb INK font ",18"
set xlabel "requests" textcolor rgb INK
set ylabel "memory grown, MiB" textcolor rgb INK
set xrange [0 : *]
set yrange [0 : *]
set key at graph 0.02, 0.97 left top Left reverse samplen 6 spacing 1.35

do for [kind = 1:2] {
    if (kind == 1) {
        set terminal @SVG
        set output out . ".svg"
    } else {
        set terminal @PNG
        set output out . ".png"
    }
    plot file using 1:($2 / 1024) skip 1 with linespoints linetype 3 \
             title "A", \
         file using 1:($3 / 1024) skip 1 with linespoints linetype 1 \
             title "B"
    unset output
}
