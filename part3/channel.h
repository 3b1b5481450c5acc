/* channel.h - single words between the supervisor and a worker.
 *
 * A stream socket; both ends are non-blocking and close on exec. A closed end
 * is a word, too: to a worker that its supervisor has gone, so that there is
 * no use in going on. */
#ifndef PART3_CHANNEL_H
#define PART3_CHANNEL_H

enum channel_word {
    CHANNEL_NOTHING = 0, // for now
    CHANNEL_CLOSED = -1, // for ever
    CHANNEL_READY = 'r', // worker: I can answer
    CHANNEL_DRAIN = 'd', // finish what you have, take nothing more, go
    CHANNEL_EMPTY = 'e', // the same, but first answer all who already wait
    CHANNEL_LOG = 'l',   // log to the descriptor that comes along
    CHANNEL_STATUS = 's' // the file that you asked for comes along
};

/* Make a channel. Returns 0, or -1 with errno. */
int channel_open(int ends[2]);

/* Say a word, with a copy of `descriptor` unless it is -1. If it cannot be
 * said, the other side has gone or does not listen; nothing is reported. */
void channel_say(int channel, enum channel_word word, int descriptor);

/* The next word. *descriptor is what came with it, now the caller's, or -1.
 * What comes beyond one, or if `descriptor` is NULL, is closed unseen. */
enum channel_word channel_hear(int channel, int *descriptor);

#endif
