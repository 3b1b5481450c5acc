/* encodings.h - which of the codings that there are a client would have.
 * Pure functions over Accept-Encoding (RFC 9110 12.5.3). */
#ifndef COMMON_ENCODINGS_H
#define COMMON_ENCODINGS_H

/* In the order of preference among equals. */
enum encoding {
    ENCODING_BR,
    ENCODING_GZIP,
    ENCODING_IDENTITY,
    ENCODINGS // how many there are
};

/* Its name in Content-Encoding ("br"), and what the names of files that hold
 * it end with (".br"; "" for identity). */
const char *encoding_name(enum encoding encoding);
const char *encoding_ending(enum encoding encoding);

/* How welcome it is, in thousandths; 0: it is not acceptable. `accept` is the
 * value of Accept-Encoding, or NULL if there is none. */
int encoding_quality(const char *accept, enum encoding encoding);

#endif
