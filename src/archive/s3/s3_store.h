// The archive in a bucket of S3, or of a service that speaks its protocol. An object is there as a
// whole or not at all; a larger file is sent in parts.
#pragma once

#include "archive/object_store.h"
#include "archive/s3/client.h"

#include <memory>

namespace clickmill::archive {

// Makes the scratch folder; asks S3 for nothing yet. InvalidInput: the options.
Result<std::unique_ptr<ObjectStore>> open_s3(const S3Options& options);

}  // namespace clickmill::archive
