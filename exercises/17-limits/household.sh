#!/bin/sh
# household.sh DIR - three vassals in DIR, and the emperor over them. To be run
# in the top folder of the kit.
set -eu
vassals=$1
takes=$PWD/exercises/17-limits/takes

cat >"$vassals/web.ini" <<END
command = $PWD/build/3e_supervised --port ${PORT:-8080} --root $PWD/www
          --workers 2 --quiet
END

cat >"$vassals/memory.ini" <<END
command = $takes memory
log = $vassals/memory.log
END

cat >"$vassals/files.ini" <<END
command = $takes files
log = $vassals/files.log
END

exec build/3f_emperor --vassals "$vassals"
