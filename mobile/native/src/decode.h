// The decoding loop (robo_runtime/decode.py): pick a token, check it against the grammar, mask the vocabulary
// only when refused.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "engine.h"
#include "grammars.h"
#include "picker.h"
#include "robo.h"
#include "written.h"

namespace robo {

using Clock = std::chrono::steady_clock;

/// Limits in tokens.
struct Budget {
    int32_t soft;  ///< from here on the program ends at the first legal line end
    int32_t hard;  ///< here the program is cut back to the last legal line end

    /// Without one legal line by here, what is being written will not end by itself: it gets closed.
    int32_t runaway() const;
    static Budget of(int32_t hard);
};

/// What the loop made.
struct Decoded {
    std::string code;
    robo_stop stopped = ROBO_STOP_END;
    int32_t tokens = 0;
    int32_t refused = 0;  ///< tokens the model wanted and the grammar did not
    int32_t undone = 0;   ///< tokens that were taken back
    Clock::time_point first_token_at = {};
    Clock::duration choosing = {};
};

/// Continue the text fed to `engine` until the program ends. `grammar`: at its start; null decodes freely.
Decoded decode(Engine &engine, Picker &picker, std::unique_ptr<Grammar> grammar, const Budget &budget,
               const Written::OnText &on_text, const std::atomic<bool> &cancel);

}  // namespace robo
