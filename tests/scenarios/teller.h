// Plays a story on a stage, line by line, and says what is not as it should be.
#pragma once

#include "tests/scenarios/stage.h"
#include "tests/scenarios/story.h"

#include <functional>
#include <string>

namespace clickmill::scenarios {

// A line of the story that does not hold: what was expected and what was there.
using Complain = std::function<void(int line, const std::string& message)>;

// Ends at the first line that cannot be played; goes on after a wrong answer.
void tell(const Story& story, const Backend& backend, const Complain& complain);

}  // namespace clickmill::scenarios
