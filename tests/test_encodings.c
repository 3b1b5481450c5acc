/* test_encodings.c - how welcome each content coding is. */
#include "common/encodings.h"
#include "tests/testing.h"

START_TEST(rfc9110_12_5_3_accept_encoding)
{
    static const struct {
        const char *rule, *accept;
        int br, gzip, identity;
    } rows[] = {
        {"no header: nothing that may not be understood", NULL, 0, 0, 1000},
        {"empty: identity", "", 0, 0, 1},
        {"one", "gzip", 0, 1000, 1},
        {"another", "br", 1000, 0, 1},
        {"both", "gzip, br", 1000, 1000, 1},
        {"among others", "deflate, gzip;q=1.0, zstd", 0, 1000, 1},
        {"in any case", "GZip, BR", 1000, 1000, 1},
        {"12.4.2 weights", "br;q=0.5, gzip;q=0.25", 500, 250, 1},
        {"12.4.2 the least", "gzip;q=0.001", 0, 1, 1},
        {"12.4.2 the most", "gzip;q=1.000", 0, 1000, 1},
        {"12.4.2 a dot alone", "gzip;q=1.", 0, 1000, 1},
        {"12.4.2 Q", "gzip;Q=0.5", 0, 500, 1},
        {"12.4.2 white space", "gzip ;\tq=0.5 , br", 1000, 500, 1},
        {"not acceptable", "br;q=0, gzip", 0, 1000, 1},
        {"not at all", "br;q=0.000", 0, 0, 1},
        {"any", "*", 1000, 1000, 1000},
        {"any other", "gzip;q=0.5, *;q=0.1", 100, 500, 100},
        {"any but one", "*, br;q=0", 0, 1000, 1000},
        {"identity by weight", "identity;q=0.5, gzip;q=0.2", 0, 200, 500},
        {"identity refused", "gzip, identity;q=0", 0, 1000, 0},
        {"identity refused by *", "gzip, *;q=0", 0, 1000, 0},
        {"identity kept from *", "*;q=0, identity;q=0.5", 0, 0, 500},
        {"8.4.1.3 x-gzip", "x-gzip", 0, 1000, 1},
        {"8.4.1.3 gzip itself first", "x-gzip;q=0.1, gzip;q=0.2", 0, 200, 1},
        {"a name is whole", "gzipped, bro", 0, 0, 1},
        {"and not a start", "gz, b", 0, 0, 1},
        {"5.6.1 empty elements", ",, gzip,,", 0, 1000, 1},
        {"two weights are none", "gzip;q=0.5;q=0.6", 0, 0, 1},
        {"no number", "gzip;q=x", 0, 0, 1},
        {"no weight", "gzip;q=", 0, 0, 1},
        {"no parameter", "gzip;", 0, 0, 1},
        {"another parameter", "gzip;x=1", 0, 0, 1},
        {"12.4.2 too large", "gzip;q=1.001", 0, 0, 1},
        {"12.4.2 2", "gzip;q=2", 0, 0, 1},
        {"12.4.2 too many digits", "gzip;q=0.1234", 0, 0, 1},
        {"12.4.2 a sign", "gzip;q=-1", 0, 0, 1},
        {"something behind", "gzip x", 0, 0, 1},
        {"a fault spoils no other", "br;q=x, gzip", 0, 1000, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *accept = rows[i].accept;
        int br = encoding_quality(accept, ENCODING_BR);
        int gzip = encoding_quality(accept, ENCODING_GZIP);
        int identity = encoding_quality(accept, ENCODING_IDENTITY);
        ck_assert_msg(br == rows[i].br && gzip == rows[i].gzip &&
                          identity == rows[i].identity,
                      "%s: br %d, gzip %d, identity %d", rows[i].rule, br, gzip,
                      identity);
    }
}
END_TEST

START_TEST(names_and_endings)
{
    ck_assert_str_eq(encoding_name(ENCODING_BR), "br");
    ck_assert_str_eq(encoding_ending(ENCODING_BR), ".br");
    ck_assert_str_eq(encoding_name(ENCODING_GZIP), "gzip");
    ck_assert_str_eq(encoding_ending(ENCODING_GZIP), ".gz");
    ck_assert_str_eq(encoding_ending(ENCODING_IDENTITY), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("encodings");
    TCase *tests = new_case(suite, "encodings");
    tcase_add_test(tests, rfc9110_12_5_3_accept_encoding);
    tcase_add_test(tests, names_and_endings);
    return run_suite(suite);
}
