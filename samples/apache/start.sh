#!/bin/sh
# The file name of mod_php carries PHP's version, so it is looked up here.
set -eu
module=$(ls /usr/lib/apache2/modules/libphp*.so | tail -n 1)
exec /usr/sbin/apache2 -f "$(dirname "$0")/apache.conf" -D FOREGROUND -C "LoadModule php_module $module"
