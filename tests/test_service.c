/* test_service.c - who answers a path? */
#include "part2/service.h"
#include "tests/testing.h"

static const struct {
    const char *path, *prefix;
} mounted[] = {
    {"/cgi-bin/env", "/cgi-bin"},
    {"/cgi-bin", "/cgi-bin"},
    {"/cgi-bin/", "/cgi-bin"},
    {"/cgi-bin/deep/env", "/cgi-bin/deep"}, // the longest prefix counts
    {"/cgi-bin/deeper", "/cgi-bin"},
    {"/cgi-binary", NULL},
    {"/", NULL},
    {"", NULL},
};

START_TEST(a_path_belongs_to_the_mount_with_the_longest_prefix)
{
    static const struct service service = {
        .mounts = {{.prefix = "/cgi-bin"}, {.prefix = "/cgi-bin/deep"}},
        .mount_count = 2,
    };
    const struct mount *mount = service_find(&service, mounted[_i].path);
    ck_assert_pstr_eq(mount ? mount->prefix : NULL, mounted[_i].prefix);
}
END_TEST

START_TEST(a_mount_at_the_root_has_every_path)
{
    static const struct service service = {.mounts = {{.prefix = ""}},
                                           .mount_count = 1};
    ck_assert_ptr_nonnull(service_find(&service, "/any/thing"));
    ck_assert_ptr_nonnull(service_find(&service, "/"));
    ck_assert_ptr_null(service_find(&service, "")); // OPTIONS *
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service");
    TCase *mounts = new_case(suite, "mounts");
    tcase_add_loop_test(mounts,
                        a_path_belongs_to_the_mount_with_the_longest_prefix, 0,
                        COUNT(mounted));
    tcase_add_test(mounts, a_mount_at_the_root_has_every_path);
    return run_suite(suite);
}
