/*
 * writers.c - notes which process writes to which field of shared memory.
 *
 * The reader's stage is compiled with -fsanitize=thread, which makes the
 * compiler call a function before each access to memory. It is not linked
 * with that sanitizer but with this file, whose functions note the writes to
 * shared mappings, "PID ADDRESS CALLER" a line, in the file that $WRITERS
 * names; CALLER is where in the program the write stands, for addr2line.
 * So who writes is seen for certain, where a race needs luck to show.
 */
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RANGES_MAX = 64, NOTED_MAX = 4096 };

/* What /proc/self/maps said about addresses met so far. */
static struct {
    uintptr_t start, end;
    bool shared;
} ranges[RANGES_MAX];
static int range_count;

static int notes = -1;
static uintptr_t moved; // how far from where it was linked the program lies
static pid_t owner;     // of noted[], which a child forgets
static uintptr_t noted[NOTED_MAX];

static int find_program(struct dl_phdr_info *info, size_t size, void *found)
{
    (void)size;
    *(uintptr_t *)found = info->dlpi_addr;
    return 1; // the first is the program, the others are its libraries
}

__attribute__((constructor)) static void open_notes(void)
{
    dl_iterate_phdr(find_program, &moved);
    const char *path = getenv("WRITERS");
    if (path)
        notes = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static bool look_up(uintptr_t address)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    bool shared = false;
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long start, end;
        char rights[8];
        if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 ||
            address < start || address >= end)
            continue;
        shared = rights[3] == 's';
        if (range_count < RANGES_MAX) {
            ranges[range_count].start = start;
            ranges[range_count].end = end;
            ranges[range_count++].shared = shared;
        }
        break;
    }
    if (maps)
        fclose(maps);
    return shared;
}

static bool is_shared(uintptr_t address)
{
    for (int i = 0; i < range_count; i++)
        if (address >= ranges[i].start && address < ranges[i].end)
            return ranges[i].shared;
    return look_up(address);
}

static void note_write_of(const volatile void *where, const void *caller)
{
    uintptr_t address = (uintptr_t)where;
    if (notes < 0 || !is_shared(address))
        return;
    if (owner != getpid())
        memset(noted, 0, sizeof noted);
    owner = getpid();
    uintptr_t *slot = &noted[address / 4 % NOTED_MAX];
    if (*slot == address)
        return;
    *slot = address;
    char line[64];
    uintptr_t call = (uintptr_t)caller - 1 - moved; // it returns behind it
    int len = snprintf(line, sizeof line, "%d %lx %lx\n", (int)owner,
                       (unsigned long)address, (unsigned long)call);
    ssize_t written = write(notes, line, (size_t)len);
    (void)written;
}

/* For the functions that the compiler calls: their caller is the reader's. */
#define note_write(WHERE) note_write_of(WHERE, __builtin_return_address(0))

/* --- What the compiler calls --- */

void __tsan_init(void)
{
}
void __tsan_func_entry(void *caller)
{
    (void)caller;
}
void __tsan_func_exit(void)
{
}

#define PLAIN(SIZE)                                                            \
    void __tsan_read##SIZE(void *where)                                        \
    {                                                                          \
        (void)where;                                                           \
    }                                                                          \
    void __tsan_write##SIZE(void *where)                                       \
    {                                                                          \
        note_write(where);                                                     \
    }                                                                          \
    void __tsan_unaligned_read##SIZE(void *where)                              \
    {                                                                          \
        (void)where;                                                           \
    }                                                                          \
    void __tsan_unaligned_write##SIZE(void *where)                             \
    {                                                                          \
        note_write(where);                                                     \
    }                                                                          \
    void __tsan_volatile_read##SIZE(void *where)                               \
    {                                                                          \
        (void)where;                                                           \
    }                                                                          \
    void __tsan_volatile_write##SIZE(void *where)                              \
    {                                                                          \
        note_write(where);                                                     \
    }                                                                          \
    void __tsan_read_write##SIZE(void *where)                                  \
    {                                                                          \
        note_write(where);                                                     \
    }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

void __tsan_read_range(void *where, size_t size)
{
    (void)where, (void)size;
}
void __tsan_write_range(void *where, size_t size)
{
    (void)size;
    note_write(where);
}

void *__tsan_memcpy(void *to, const void *from, size_t size)
{
    note_write(to);
    return memcpy(to, from, size);
}
void *__tsan_memmove(void *to, const void *from, size_t size)
{
    note_write(to);
    return memmove(to, from, size);
}
void *__tsan_memset(void *to, int byte, size_t size)
{
    note_write(to);
    return memset(to, byte, size);
}

void __tsan_atomic_thread_fence(int order)
{
    (void)order;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int order)
{
    (void)order;
}

// NOLINTBEGIN(bugprone-macro-parentheses): TYPE is a type
#define CHANGE(BITS, TYPE, NAME)                                               \
    TYPE __tsan_atomic##BITS##_##NAME(volatile TYPE *where, TYPE value,        \
                                      int order)                               \
    {                                                                          \
        (void)order;                                                           \
        note_write(where);                                                     \
        return __atomic_##NAME(where, value, __ATOMIC_SEQ_CST);                \
    }
#define COMPARE(BITS, TYPE, NAME)                                              \
    int __tsan_atomic##BITS##_compare_exchange_##NAME(                         \
        volatile TYPE *where, TYPE *expected, TYPE value, int order,           \
        int other)                                                             \
    {                                                                          \
        (void)order, (void)other;                                              \
        note_write(where);                                                     \
        return __atomic_compare_exchange_n(                                    \
            where, expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);    \
    }
#define ATOMIC(BITS, TYPE)                                                     \
    TYPE __tsan_atomic##BITS##_load(const volatile TYPE *where, int order)     \
    {                                                                          \
        (void)order;                                                           \
        return __atomic_load_n(where, __ATOMIC_SEQ_CST);                       \
    }                                                                          \
    void __tsan_atomic##BITS##_store(volatile TYPE *where, TYPE value,         \
                                     int order)                                \
    {                                                                          \
        (void)order;                                                           \
        note_write(where);                                                     \
        __atomic_store_n(where, value, __ATOMIC_SEQ_CST);                      \
    }                                                                          \
    TYPE __tsan_atomic##BITS##_exchange(volatile TYPE *where, TYPE value,      \
                                        int order)                             \
    {                                                                          \
        (void)order;                                                           \
        note_write(where);                                                     \
        return __atomic_exchange_n(where, value, __ATOMIC_SEQ_CST);            \
    }                                                                          \
    CHANGE(BITS, TYPE, fetch_add)                                              \
    CHANGE(BITS, TYPE, fetch_sub)                                              \
    CHANGE(BITS, TYPE, fetch_and)                                              \
    CHANGE(BITS, TYPE, fetch_or)                                               \
    CHANGE(BITS, TYPE, fetch_xor)                                              \
    CHANGE(BITS, TYPE, fetch_nand)                                             \
    COMPARE(BITS, TYPE, strong)                                                \
    COMPARE(BITS, TYPE, weak)                                                  \
    TYPE __tsan_atomic##BITS##_compare_exchange_val(                           \
        volatile TYPE *where, TYPE expected, TYPE value, int order, int other) \
    {                                                                          \
        (void)order, (void)other;                                              \
        note_write(where);                                                     \
        __atomic_compare_exchange_n(where, &expected, value, 0,                \
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);       \
        return expected;                                                       \
    }
ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
// NOLINTEND(bugprone-macro-parentheses)
