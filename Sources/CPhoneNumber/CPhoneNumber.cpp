#include "CPhoneNumber.h"

#include <cstring>
#include <set>
#include <string>

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

const PhoneNumberUtil &library() { return *PhoneNumberUtil::GetInstance(); }

void copy(const std::string &text, char *to, size_t room) {
    const size_t count = text.size() < room ? text.size() : room - 1;
    std::memcpy(to, text.data(), count);
    to[count] = 0;
}

int kind(PhoneNumberUtil::PhoneNumberType type) {
    switch (type) {
    case PhoneNumberUtil::FIXED_LINE: return PHONE_NUMBER_FIXED_LINE;
    case PhoneNumberUtil::MOBILE: return PHONE_NUMBER_MOBILE;
    case PhoneNumberUtil::FIXED_LINE_OR_MOBILE: return PHONE_NUMBER_FIXED_LINE_OR_MOBILE;
    case PhoneNumberUtil::TOLL_FREE: return PHONE_NUMBER_TOLL_FREE;
    case PhoneNumberUtil::PREMIUM_RATE: return PHONE_NUMBER_PREMIUM_RATE;
    case PhoneNumberUtil::VOIP: return PHONE_NUMBER_VOIP;
    case PhoneNumberUtil::PERSONAL_NUMBER: return PHONE_NUMBER_PERSONAL;
    case PhoneNumberUtil::PAGER: return PHONE_NUMBER_PAGER;
    default: return PHONE_NUMBER_OTHER;
    }
}

int error(PhoneNumberUtil::ErrorType type) {
    switch (type) {
    case PhoneNumberUtil::NO_PARSING_ERROR: return PHONE_NUMBER_OK;
    case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR: return PHONE_NUMBER_NO_COUNTRY;
    case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
    case PhoneNumberUtil::TOO_SHORT_NSN: return PHONE_NUMBER_TOO_SHORT;
    case PhoneNumberUtil::TOO_LONG_NSN: return PHONE_NUMBER_TOO_LONG;
    default: return PHONE_NUMBER_NOT_A_NUMBER;
    }
}

} // namespace

extern "C" int phone_number_parse(const char *text, const char *region, struct phone_number *number) {
    std::memset(number, 0, sizeof *number);
    PhoneNumber parsed;
    const std::string unknown = "ZZ";
    const int failure = error(library().Parse(text, *region ? std::string(region) : unknown, &parsed));
    if (failure != PHONE_NUMBER_OK) return failure;
    std::string formatted;
    library().Format(parsed, PhoneNumberUtil::E164, &formatted);
    copy(formatted, number->e164, sizeof number->e164);
    std::string home;
    library().GetRegionCodeForNumber(parsed, &home);
    if (home != unknown) copy(home, number->region, sizeof number->region);
    number->kind = kind(library().GetNumberType(parsed));
    number->is_valid = library().IsValidNumber(parsed);
    number->has_extension = parsed.has_extension() && !parsed.extension().empty();
    return PHONE_NUMBER_OK;
}

extern "C" int phone_number_knows_region(const char *region) {
    std::set<std::string> regions;
    library().GetSupportedRegions(&regions);
    return regions.count(region) > 0;
}
