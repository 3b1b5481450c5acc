# freeze.gp - draws scripts/freeze.sh as a timeline: 3b on the left, 3c on the
# right.
#
#   gnuplot -e "files='freeze-3b.tsv freeze-3c.tsv'; out='freeze'" \
#       scripts/freeze.gp
#
# Reads what scripts/pictures.sh has recorded, rows of: what, child, from ms,
# to ms. Writes out.svg and out.png. A child's line is thick while it lives
# and dashed when it is dead; "+" is its burial, "Z" that there was none.

load "scripts/look.gp"

N = 8
TITLES = '"3b  one wait per signal" "3c  wait loop"'

# Rows of one kind: segments from $3 to $4 at the height of a child. One more
# that is out of sight, since there may be none.
rows(i, what) = sprintf("< grep '^%s' '%s'; printf '%s'", what, \
    word(files, i), 'none\t-9\t-9\t-9\n')
height(child) = N + 2 - child
LEFT = 0.1
HALF = 0.45

last_ms = 0
do for [i = 1:2] {
    stats word(files, i) using (last_ms = $4 > last_ms ? $4 : last_ms) \
        every ::1 nooutput
}
set xrange [0 : last_ms * 1.05]

unset grid
unset key
set border 1
set xlabel "time (ms)" textcolor rgb INK
set yrange [-0.7 : N + 1.6]
set xtics 500
set ytics scale 0

do for [kind = 1:2] {
    if (kind == 1) {
        set terminal @SVG
        set output out . ".svg"
    } else {
        set terminal @PNG
        set output out . ".png"
    }
    set multiplot
    set label 1 "thick: alive      dashed: dead      +: buried      Z: a zombie" \
        at screen LEFT + HALF - 0.03, 0.955 center textcolor rgb INK font ",13"
    set tmargin at screen 0.84
    set bmargin at screen 0.16
    do for [i = 1:2] {
        set lmargin at screen LEFT + (i - 1) * HALF
        set rmargin at screen LEFT + i * HALF - 0.03
        set title word(TITLES, i) textcolor rgb INK font ",17" offset 0, -0.4
        set ytics (i == 1 ? "parent" : "" 0, i == 1 ? "pending" : "" 1)
        set for [c = 1:N] ytics add \
            (i == 1 ? sprintf("child %d", c) : "" height(c))
        plot rows(i, "stopped") using 3:(0):($4 - $3):(0) \
                 with vectors nohead linewidth 1.6 dashtype (1, 5) \
                 linecolor rgb INK, \
             rows(i, "stopped") using (($3 + $4) / 2):(0):("stopped") \
                 with labels offset 0, 0.7 textcolor rgb INK font ",12", \
             rows(i, "running") using 3:(0):($4 - $3):(0) \
                 with vectors nohead linewidth 6 dashtype solid \
                 linecolor rgb INK, \
             rows(i, "pending") using 3:(1):($4 - $3):(0) \
                 with vectors nohead linewidth 6 dashtype solid \
                 linecolor rgb COLOURS[2], \
             rows(i, "pending") using (($3 + $4) / 2):(1):("SIGCHLD, one bit") \
                 with labels offset 0, 0.8 textcolor rgb COLOURS[2] \
                 font ",12", \
             rows(i, "alive") using 3:(height($2)):($4 - $3):(0) \
                 with vectors nohead linewidth 6 dashtype solid \
                 linecolor rgb COLOURS[3], \
             rows(i, "dead") using 3:(height($2)):($4 - $3):(0) \
                 with vectors nohead linewidth 2 dashtype (5, 4) \
                 linecolor rgb COLOURS[1], \
             rows(i, "buried") using 3:(height($2)):("+") \
                 with labels offset 0.9, 0 textcolor rgb INK font ",18", \
             rows(i, "zombie") using 3:(height($2)):("Z") \
                 with labels offset 1.1, 0 textcolor rgb COLOURS[1] \
                 font ",14", \
             rows(i, "handler") using 3:(0) \
                 with points pointtype 9 pointsize 1.6 \
                 linecolor rgb COLOURS[4], \
             rows(i, "handler") using 3:(0):("handler, once") \
                 with labels left offset 0.9, 0.7 textcolor rgb COLOURS[4] \
                 font ",12"
    }
    unset multiplot
    unset output
}
