// Lets a program in another language use the NeuralNetwork of nn.hpp. Nothing to fill in here.
//
// The driver reads calls from one descriptor and writes results to another, as binary frames in
// the machine's own byte order:
//
//   call      size (4 bytes) | number (8) | function (1) | arguments
//   result    size (4 bytes) | number (8) | outcome (1)  | value, or kind (1) and text of an error
//
// `size` counts what follows it; `number` comes back as it came. A row of numbers is its length
// (4 bytes) and the numbers (8 each); samples are their count (4) and the rows. What the network
// prints goes to a third descriptor, so it cannot get between the frames.
//
//   driver                      calls from standard input, results to standard output
//   driver CALLS RESULTS PRINTS the numbers of three open descriptors

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "nn.hpp"

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#define dup _dup
#define dup2 _dup2
#define fdopen _fdopen
#else
#include <unistd.h>
#endif

namespace {

// --- reading arguments and writing values ---------------------------------------------

class Call {
 public:
  explicit Call(const std::vector<char>& bytes) : bytes_(bytes) {}

  template <typename T>
  T number() {
    T value;
    copy(&value, sizeof value);
    return value;
  }

  std::vector<double> row() {
    std::vector<double> values(number<std::uint32_t>());
    if (!values.empty()) copy(values.data(), values.size() * sizeof(double));
    return values;
  }

  Samples samples() {
    Samples rows(number<std::uint32_t>());
    for (auto& values : rows) values = row();
    return rows;
  }

 private:
  void copy(void* target, std::size_t size) {
    if (size > bytes_.size() - at_) std::abort();  // no such call is ever sent
    std::memcpy(target, bytes_.data() + at_, size);
    at_ += size;
  }

  const std::vector<char>& bytes_;
  std::size_t at_ = 0;
};

class Result {
 public:
  template <typename T>
  void number(T value) {
    append(&value, sizeof value);
  }

  void row(const std::vector<double>& values) {
    number(static_cast<std::uint32_t>(values.size()));
    if (!values.empty()) append(values.data(), values.size() * sizeof(double));
  }

  void text(const std::string& words) {
    number(static_cast<std::uint32_t>(words.size()));
    append(words.data(), words.size());
  }

  const std::vector<char>& bytes() const { return bytes_; }

 private:
  void append(const void* source, std::size_t size) {
    const char* first = static_cast<const char*>(source);
    bytes_.insert(bytes_.end(), first, first + size);
  }

  std::vector<char> bytes_;
};

// --- the functions ----------------------------------------------------------------------

enum Function : std::uint8_t {
  kNew, kDrop, kDescription, kForward, kLoss, kBackward, kGradientDescent, kTrainStep, kTrain,
  kTest, kParameters, kSetParameters
};

class Networks {
 public:
  Result answer(Call& call) {
    Result result;
    const auto function = call.number<std::uint8_t>();
    if (function == kNew) {
      result.number(create(call));
      return result;
    }
    auto& network = all_.at(call.number<std::uint32_t>());
    if (function == kDrop) {
      network.reset();
    } else {
      use(*network, function, call, result);
    }
    return result;
  }

 private:
  std::uint32_t create(Call& call) {
    std::vector<int> sizes(call.number<std::uint32_t>());
    for (auto& size : sizes) size = call.number<std::int32_t>();
    const auto seed = call.number<std::uint32_t>();
    all_.push_back(std::make_unique<NeuralNetwork>(sizes, seed));
    return static_cast<std::uint32_t>(all_.size() - 1);
  }

  static void use(NeuralNetwork& network, std::uint8_t function, Call& call, Result& result) {
    switch (function) {
      case kDescription:
        result.text(network.description());
        break;
      case kForward:
        result.row(network.forward(call.row()));
        break;
      case kLoss: {
        const auto y_hat = call.row(), y = call.row();
        result.number<double>(network.loss(y_hat, y));
        break;
      }
      case kBackward:
        network.backward(call.row());
        break;
      case kGradientDescent:
        network.gradient_descent(call.number<double>());
        break;
      case kTrainStep: {
        const auto x = call.row(), y = call.row();
        result.number<double>(network.train_step(x, y, call.number<double>()));
        break;
      }
      case kTrain: {
        const auto X = call.samples(), Y = call.samples();
        const int epochs = call.number<std::int32_t>();
        result.number<double>(network.train(X, Y, epochs, call.number<double>()));
        break;
      }
      case kTest: {
        const auto X = call.samples(), Y = call.samples();
        result.number<double>(network.test(X, Y));
        break;
      }
      case kParameters:
        result.row(network.parameters());
        break;
      case kSetParameters:
        network.set_parameters(call.row());
        break;
      default:
        std::abort();  // no such call is ever sent
    }
  }

  std::vector<std::unique_ptr<NeuralNetwork>> all_;
};

// --- errors -----------------------------------------------------------------------------

enum Kind : std::uint8_t { kInvalid, kRange, kMissing, kMemory, kLogic, kRuntime, kOther };

Result error(Kind kind, const std::string& words) {
  Result result;
  result.number<std::uint8_t>(kind);
  result.text(words.substr(0, 2000));
  return result;
}

Result answer_or_error(Networks& networks, Call& call, std::uint8_t& outcome) {
  outcome = 1;
  try {
    Result result = networks.answer(call);
    outcome = 0;
    return result;
  } catch (const std::invalid_argument& e) {
    return error(kInvalid, e.what());
  } catch (const std::out_of_range& e) {
    return error(kRange, e.what());
  } catch (const std::logic_error& e) {
    const std::string words = e.what();
    const bool missing = words.find("not implemented yet") != std::string::npos;
    return error(missing ? kMissing : kLogic, words);
  } catch (const std::bad_alloc&) {
    return error(kMemory, "std::bad_alloc");
  } catch (const std::exception& e) {
    return error(kRuntime, e.what());
  } catch (...) {
    return error(kOther, "something that is no std::exception was thrown");
  }
}

// --- frames -----------------------------------------------------------------------------

bool read_frame(std::FILE* calls, std::vector<char>& bytes) {
  std::uint32_t size = 0;
  if (std::fread(&size, sizeof size, 1, calls) != 1) return false;
  bytes.resize(size);
  return size == 0 || std::fread(bytes.data(), size, 1, calls) == 1;
}

bool write_frame(std::FILE* results, std::uint64_t number, std::uint8_t outcome,
                 const std::vector<char>& bytes) {
  const auto size = static_cast<std::uint32_t>(sizeof number + sizeof outcome + bytes.size());
  std::fwrite(&size, sizeof size, 1, results);
  std::fwrite(&number, sizeof number, 1, results);
  std::fwrite(&outcome, sizeof outcome, 1, results);
  std::fwrite(bytes.data(), 1, bytes.size(), results);
  return std::fflush(results) == 0;
}

}  // namespace

int main(int count, char** arguments) {
  const bool named = count == 4;
  const int calls_fd = named ? std::atoi(arguments[1]) : dup(0);
  const int results_fd = named ? std::atoi(arguments[2]) : dup(1);
  const int prints_fd = named ? std::atoi(arguments[3]) : 2;
  dup2(prints_fd, 1);
  dup2(prints_fd, 2);
#ifdef _WIN32
  _setmode(calls_fd, _O_BINARY);
  _setmode(results_fd, _O_BINARY);
#endif
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 14);  // what was printed is there after a crash, too
  std::FILE* calls = fdopen(calls_fd, "rb");
  std::FILE* results = fdopen(results_fd, "wb");
  if (calls == nullptr || results == nullptr) return 1;

  Networks networks;
  std::vector<char> bytes;
  while (read_frame(calls, bytes)) {
    Call call(bytes);
    const auto number = call.number<std::uint64_t>();
    std::uint8_t outcome = 0;
    const Result result = answer_or_error(networks, call, outcome);
    std::fflush(stdout);
    if (!write_frame(results, number, outcome, result.bytes())) return 1;
  }
  return 0;
}
