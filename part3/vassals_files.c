/* vassals_files.c - a file is a wish: read when it changes, checked, obeyed. */
#include "vassals_parts.h"

#include "common/log.h"
#include "common/net.h"
#include "vassal_directory.h"
#include "vassal_process.h"

#include <stdlib.h>
#include <string.h>

enum { SETTLE_MS = 100 }; // files that change together are read together

static void hold(struct vassal *vassal, const char *why)
{
    vassal_hold(vassal, why);
    log_line("%s is held back: %s%s", vassal->name, vassal->held,
             vassal->now ? "; the old version goes on" : "");
}

static bool can_reload_by_signal(const struct vassal *vassal, const char *text)
{
    return vassal->now && !vassal->next && !vassal->leaving &&
           vassal->now->reload_signal && strcmp(text, vassal->now->text) == 0;
}

static void reload_by_signal(struct vassal *vassal)
{
    for (int i = 0; i < INSTANCES_MAX; i++) {
        struct instance *instance = &vassal->instances[i];
        if (!slot_has_worker(&instance->slot))
            continue;
        vassals_report(vassal, instance, "reload");
        vassal_signal(instance, vassal->now->reload_signal);
    }
}

static void read_file(const struct vassals *v, struct vassal *vassal)
{
    char why[WHY_BYTES];
    if (vassal->leaving)
        vassal_begin_anew(vassal); // its file is another one
    char *text = directory_read(v->options->directory, vassal->name, why);
    struct settings *settings = text ? settings_read(text, why) : NULL;
    if (!settings) {
        hold(vassal, why);
    } else if (can_reload_by_signal(vassal, text)) {
        vassal->held[0] = '\0';
        settings_drop(settings);
        reload_by_signal(vassal);
    } else {
        log_line("%s: %s", vassal->name, vassal->now ? "reload" : "start");
        vassal_change(vassal, settings);
    }
    free(text);
}

static struct vassal *find(const struct vassals *v, const char *name)
{
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->list[i]->name, name) == 0)
            return v->list[i];
    return NULL;
}

static struct vassal *add(struct vassals *v, const char *name)
{
    struct vassal *vassal = vassal_make(name, net_now());
    struct vassal **list =
        realloc(v->list, (v->count + 1) * sizeof(struct vassal *));
    if (list)
        v->list = list;
    if (!vassal || !list)
        die("take in %s", name);
    size_t at = v->count++;
    for (; at > 0 && strcmp(list[at - 1]->name, name) > 0; at--)
        list[at] = list[at - 1];
    list[at] = vassal;
    return vassal;
}

static void look_at_file(struct vassals *v, const char *name)
{
    struct stat about;
    if (directory_stat(v->options->directory, name, &about) < 0)
        return; // it has just gone; or it leads nowhere
    struct vassal *vassal = find(v, name);
    if (vassal && !vassal->leaving && directory_is_same(&about, &vassal->seen))
        return;
    if (!vassal)
        vassal = add(v, name);
    vassal->seen = about;
    read_file(v, vassal);
}

static void leave_if_gone(const struct vassals *v, struct vassal *vassal)
{
    struct stat about;
    if (vassal->leaving ||
        directory_stat(v->options->directory, vassal->name, &about) == 0)
        return;
    log_line("%s: stop", vassal->name);
    vassal->leaving = true;
}

void vassals_look(struct vassals *v)
{
    char **names;
    v->look_at = SLOT_NO_TIMER;
    directory_watch_again(v->watch, v->options->directory);
    int count = directory_list(v->options->directory, &names);
    if (count < 0) {
        log_errno("cannot look at %s, going on as we are",
                  v->options->directory);
        return;
    }
    for (size_t i = 0; i < v->count; i++)
        leave_if_gone(v, v->list[i]);
    for (int i = 0; i < count; i++)
        look_at_file(v, names[i]);
    directory_free(names, count);
}

void vassals_watch(struct vassals *v)
{
    v->watch = directory_watch(v->options->directory);
    if (v->watch < 0)
        die("watch %s", v->options->directory);
}

void vassals_hear_changes(struct vassals *v)
{
    if (directory_heard(v->watch) && v->look_at == SLOT_NO_TIMER)
        v->look_at = net_now() + SETTLE_MS;
}
