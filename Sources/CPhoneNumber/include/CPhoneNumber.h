#pragma once
/* The part of libphonenumber that Dunlin asks, in C: https://github.com/google/libphonenumber */

#ifdef __cplusplus
extern "C" {
#endif

enum phone_number_kind {
    PHONE_NUMBER_OTHER = 0,
    PHONE_NUMBER_FIXED_LINE,
    PHONE_NUMBER_MOBILE,
    /* Where numbers do not tell, as in North America. */
    PHONE_NUMBER_FIXED_LINE_OR_MOBILE,
    PHONE_NUMBER_TOLL_FREE,
    PHONE_NUMBER_PREMIUM_RATE,
    PHONE_NUMBER_VOIP,
    PHONE_NUMBER_PERSONAL,
    PHONE_NUMBER_PAGER
};

enum phone_number_error {
    PHONE_NUMBER_OK = 0,
    PHONE_NUMBER_NOT_A_NUMBER,
    PHONE_NUMBER_NO_COUNTRY,
    PHONE_NUMBER_TOO_SHORT,
    PHONE_NUMBER_TOO_LONG
};

struct phone_number {
    /* `+` and at most 15 digits (ITU-T E.164). */
    char e164[32];
    /* ISO 3166-1 alpha-2, or empty. */
    char region[8];
    int kind;
    /* Assigned to somebody, as far as number plans tell. */
    int is_valid;
    int has_extension;
};

/* `region` is that of numbers without a country code, upper case; empty where there is none.
   Answers one of phone_number_error. */
int phone_number_parse(const char *text, const char *region, struct phone_number *number);

/* Whether there is such a region. */
int phone_number_knows_region(const char *region);

#ifdef __cplusplus
}
#endif
