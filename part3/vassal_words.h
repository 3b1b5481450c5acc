/* vassal_words.h - a command line, without a shell. */
#ifndef PART3_VASSAL_WORDS_H
#define PART3_VASSAL_WORDS_H

/* Split `text` into words, ended by NULL: blanks part them, and '...', "..."
 * and \x keep together. Nothing else is special: no $, no *, no |. Returns
 * what one free() frees, or NULL if a quote is not closed. */
char **words_split(const char *text);

#endif
