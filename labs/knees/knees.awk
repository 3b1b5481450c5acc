# knees.awk - are there two knees in what `scripts/sweep.sh --tsv` wrote?
#
# Who computes a page of 25 ms, or sleeps for it, can do 40 of them in a second.
# So 32 clients who wait get 1280, however many workers there are, and that they
# get more than 16 could shows where the knee is. Who computes gets 40 from each
# processor it can use, of which there are two, if nobody else is there: that
# differs from moment to moment, and its price does not. (A tenth more, for
# clocks that disagree.)

function no_more(limit) { return 1.1 * 40 * limit }
NR == 1 { next }
{ wait[$1] = $4; kib[$1] = $5 }
$3 < 0.1 || $3 > 2.2 || $2 > no_more($3) || $2 < 0.8 * 40 * $3 { wrong = 1 }
$4 > no_more($1 < 32 ? $1 : 32) { wrong = 1 }
END {
    exit !(!wrong && wait[32] > no_more(16) && wait[4] > 2 * wait[1] &&
           wait[16] > 2 * wait[4] && kib[64] > 16 * kib[1])
}
