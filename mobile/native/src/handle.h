#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "generator.h"

struct robo_handle {
    robo_handle(const robo::Engine::Options &options, const std::string &data) : generator(options, data) {}

    robo::Generator generator;
    std::mutex busy;  ///< held while it is generating
    std::atomic<bool> cancelled{false};
};
