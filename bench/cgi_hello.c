/* cgi_hello.c - the least a CGI program can do: what is measured of it is what
 * it costs to start one. */
#include <stdio.h>

int main(void)
{
    return puts("Content-Type: text/plain\n\nHello, world.") == EOF;
}
