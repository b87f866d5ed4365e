#include "base/result.h"

namespace clickmill {

std::string_view name_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::InvalidInput:
            return "invalid_input";
        case ErrorCode::NotFound:
            return "not_found";
        case ErrorCode::Conflict:
            return "conflict";
        case ErrorCode::TooMuch:
            return "too_much";
        case ErrorCode::Unavailable:
            return "unavailable";
        case ErrorCode::Timeout:
            return "timeout";
        case ErrorCode::Corrupt:
            return "corrupt";
        case ErrorCode::Internal:
            return "internal";
    }
    return "internal";
}

std::string Error::message() const {
    std::string text = what;
    for (const std::string* part : {&where, &why}) {
        if (!part->empty()) text += ": " + *part;
    }
    return text;
}

int Error::http_status() const {
    switch (code) {
        case ErrorCode::InvalidInput:
            return 400;
        case ErrorCode::NotFound:
            return 404;
        case ErrorCode::Conflict:
            return 409;
        case ErrorCode::TooMuch:
            return 413;
        case ErrorCode::Unavailable:
            return 503;
        case ErrorCode::Timeout:
            return 504;
        case ErrorCode::Corrupt:
        case ErrorCode::Internal:
            return 500;
    }
    return 500;
}

bool Error::is_worth_retrying() const {
    return code == ErrorCode::Unavailable || code == ErrorCode::Timeout;
}

}  // namespace clickmill
