/* vassal_words.c - one pass over the text, one block of memory. */
#include "vassal_words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* Copy one word to *put, without its quotes. Returns what follows it, or NULL
 * if a quote is not closed. */
static const char *copy_word(const char *text, char **put)
{
    char quote = '\0';
    for (; *text && (quote || !is_blank(*text)); text++) {
        if (quote ? *text == quote : *text == '\'' || *text == '"')
            quote = (char)(quote ? '\0' : *text);
        else if (*text == '\\' && quote != '\'' && text[1])
            *(*put)++ = *++text;
        else
            *(*put)++ = *text;
    }
    *(*put)++ = '\0';
    return quote ? NULL : text;
}

char **words_split(const char *text)
{
    /* At most every second character begins a word. */
    size_t most = strlen(text) / 2 + 2;
    char **words = malloc(most * sizeof *words + strlen(text) + 2);
    if (!words)
        return NULL;
    char *put = (char *)(words + most);
    size_t count = 0;
    for (;;) {
        while (is_blank(*text))
            text++;
        if (!*text)
            break;
        words[count++] = put;
        text = copy_word(text, &put);
        if (!text) {
            free(words);
            return NULL;
        }
    }
    words[count] = NULL;
    return words;
}
