#include "page_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace bench {

namespace {

long long resident(int file, size_t size) {
    void *mapped = mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) return -1;
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    std::vector<unsigned char> pages((size + page - 1) / page);
    const bool told = mincore(mapped, size, pages.data()) == 0;
    munmap(mapped, size);
    if (!told) return -1;
    const auto count = std::count_if(pages.begin(), pages.end(), [](unsigned char p) { return p & 1; });
    return static_cast<long long>(count) * static_cast<long long>(page);
}

}  // namespace

long long drop_from_cache(const std::string &path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    struct stat status {};
    long long left = -1;
    if (fstat(file, &status) == 0 && status.st_size > 0) {
        fsync(file);  // pages that are still to be written cannot be forgotten
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
        left = resident(file, static_cast<size_t>(status.st_size));
    }
    close(file);
    return left;
}

}  // namespace bench
