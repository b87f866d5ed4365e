// Questions of a story: asked over the query API, and compared with the rows under them.
#pragma once

#include "tests/scenarios/teller.h"

namespace clickmill::scenarios {

// "09:00" and "02:30+01:00" are of `day`; "2026-11-01T09:00" is what it says.
Result<Moment> moment_of(const Stage& stage, const std::string& day, const std::string& text);

// Complains about each row that does not hold. InvalidInput: the question or a row makes no sense.
Result<void> answer(Stage& stage, const std::string& day, const StoryLine& ask,
                    const Complain& complain);

}  // namespace clickmill::scenarios
