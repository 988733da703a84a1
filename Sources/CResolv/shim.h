#pragma once
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

/* The resolver's calls are macros, which Swift does not see. */

/* Asks for the records of a name as the system is configured, or a server of one's own on a port where `port` is not 0.
   Returns the length of the answer, or -1 with the reason in `failure` (netdb.h). */
static inline int resolver_ask(const char *name, int type, unsigned char *answer, int size, const char *server, int port,
                               int *failure) {
    struct __res_state state;
    memset(&state, 0, sizeof state);
    if (res_ninit(&state) != 0) {
        *failure = NETDB_INTERNAL;
        return -1;
    }
    if (port != 0) {
        state.nscount = 1;
        state.nsaddr_list[0].sin_family = AF_INET;
        state.nsaddr_list[0].sin_port = htons((unsigned short) port);
        if (inet_pton(AF_INET, server, &state.nsaddr_list[0].sin_addr) != 1) {
            res_nclose(&state);
            *failure = NETDB_INTERNAL;
            return -1;
        }
    }
    int length = res_nquery(&state, name, ns_c_in, type, answer, size);
    *failure = state.res_h_errno;
    res_nclose(&state);
    return length;
}

/* The text of record `index` of an answer, its strings joined; -1 where there is none or it is no TXT. */
static inline int resolver_text(const unsigned char *answer, int length, int index, char *text, int size) {
    ns_msg message;
    ns_rr record;
    if (ns_initparse(answer, length, &message) != 0 || ns_parserr(&message, ns_s_an, index, &record) != 0) return -2;
    if (ns_rr_type(record) != ns_t_txt) return -1;
    const unsigned char *data = ns_rr_rdata(record);
    int left = ns_rr_rdlen(record), written = 0;
    while (left > 0) {
        int count = data[0];
        if (count + 1 > left || written + count > size) return -1;
        memcpy(text + written, data + 1, (size_t) count);
        written += count;
        data += count + 1;
        left -= count + 1;
    }
    return written;
}
