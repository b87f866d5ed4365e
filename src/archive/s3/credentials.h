// Where S3's keys come from: the environment and the file that other programs use, too. Source:
// docs.aws.amazon.com/sdkref/latest/guide/file-format.html.
#pragma once

#include "archive/s3/signature.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace clickmill::archive {

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; else the profile AWS_PROFILE, or
// "default", of AWS_SHARED_CREDENTIALS_FILE, or ~/.aws/credentials. NotFound: in neither.
Result<S3Credentials> find_credentials();

// Those of a profile in a file of this text.
std::optional<S3Credentials> credentials_in(std::string_view text, std::string_view profile);

}  // namespace clickmill::archive
