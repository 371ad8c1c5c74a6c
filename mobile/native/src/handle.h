#pragma once

#include <atomic>
#include <mutex>

#include "generator.h"

struct robo_handle {
    robo_handle(const robo::Source &model, const robo::Source &data, const robo::Engine::Options &options)
        : generator(model, data, options) {}

    robo::Generator generator;
    std::mutex busy;  ///< held while it is generating or being changed
    std::atomic<bool> cancelled{false};
    bool damaged = false;  ///< memory ran out while something was being noted
};
