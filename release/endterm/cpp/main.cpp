// Trains the network of nn.cpp and tests it after every epoch.
//
//   ./network xor                     four points that no line separates
//   ./network spirals                 two spirals, wound into each other
//   ./network mnist FOLDER            handwritten digits; FOLDER holds the four unpacked IDX files
//   ./network spirals 500 0.05        with another number of epochs and another learning rate
//
// Every epoch is a line in log.csv: epoch, mean loss, accuracy on the test samples. This file is
// for your own runs: change it as you like, it is not compiled when your work is graded.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "nn.hpp"

namespace {

struct Data {
  Samples X, Y;  // Y: one number for each class, 1 at the right one
};

struct Problem {
  std::vector<int> layer_sizes;
  Data training, testing;
  int epochs;
  double learning_rate;
};

void add(Data& data, const std::vector<double>& x, int label, int classes) {
  data.X.push_back(x);
  data.Y.emplace_back(classes, 0.0);
  data.Y.back()[label] = 1.0;
}

// --- the problems -----------------------------------------------------------------------

Problem xor_problem() {
  Data data;
  for (int i = 0; i < 4; ++i) add(data, {double(i / 2), double(i % 2)}, (i / 2) ^ (i % 2), 2);
  return {{2, 4, 2}, data, data, 500, 0.2};
}

Data spirals(int each, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> along(0.2, 1.0);
  std::normal_distribution<double> noise(0.0, 0.01);
  Data data;
  for (int n = 0; n < 2 * each; ++n) {
    const double r = along(random), angle = 10.0 * r + 3.14159265358979 * (n % 2);
    add(data, {r * std::cos(angle) + noise(random), r * std::sin(angle) + noise(random)}, n % 2, 2);
  }
  return data;
}

Problem spirals_problem() { return {{2, 16, 16, 2}, spirals(300, 1), spirals(300, 2), 300, 0.01}; }

// Four bytes, the most significant first, as IDX files have them.
std::uint32_t big_endian(std::istream& file) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint32_t>(file.get() & 0xff);
  return value;
}

std::ifstream open_idx(const std::string& path, std::uint32_t magic) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  if (big_endian(file) != magic) throw std::runtime_error(path + " is no such IDX file");
  return file;
}

Data digits(const std::string& folder, const std::string& part, std::uint32_t at_most) {
  std::ifstream pictures = open_idx(folder + "/" + part + "-images-idx3-ubyte", 2051);
  std::ifstream labels = open_idx(folder + "/" + part + "-labels-idx1-ubyte", 2049);
  const std::uint32_t count = big_endian(pictures), side = big_endian(pictures);
  const std::uint32_t pixels = side * big_endian(pictures);
  big_endian(labels);  // the same count
  Data data;
  for (std::uint32_t n = 0; n < count && n < at_most; ++n) {
    std::vector<double> x(pixels);
    for (double& value : x) value = pictures.get() / 255.0;
    add(data, x, labels.get(), 10);
  }
  return data;
}

Problem mnist_problem(const std::string& folder) {
  return {{784, 32, 10}, digits(folder, "train", 60000), digits(folder, "t10k", 10000), 3, 0.02};
}

// --- training ---------------------------------------------------------------------------

void show(int epoch, int epochs, double loss, double accuracy) {
  std::string bar(20, '.');
  for (int i = 0; i < 20 * epoch / epochs; ++i) bar[i] = '#';
  std::printf("\r[%s] epoch %d of %d: loss %.4f, accuracy %.2f %%", bar.c_str(), epoch, epochs,
              loss, 100 * accuracy);
  std::fflush(stdout);
}

void run(const Problem& problem) {
  NeuralNetwork network(problem.layer_sizes, 1);
  std::printf("%s\n", network.description().c_str());
  std::ofstream log("log.csv");
  log << "epoch,loss,accuracy\n";
  for (int epoch = 1; epoch <= problem.epochs; ++epoch) {
    const double loss =
        network.train(problem.training.X, problem.training.Y, 1, problem.learning_rate);
    const double accuracy = network.test(problem.testing.X, problem.testing.Y);
    log << epoch << ',' << loss << ',' << accuracy << '\n';
    show(epoch, problem.epochs, loss, accuracy);
  }
  std::printf("\n");
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  const std::string name = words.empty() ? "xor" : words[0];
  try {
    std::size_t next = 1;
    Problem problem;
    if (name == "xor") {
      problem = xor_problem();
    } else if (name == "spirals") {
      problem = spirals_problem();
    } else if (name == "mnist" && words.size() > 1) {
      problem = mnist_problem(words[next++]);
    } else {
      std::printf("use: network xor | spirals | mnist FOLDER [epochs [learning rate]]\n");
      return 2;
    }
    if (words.size() > next) problem.epochs = std::stoi(words[next++]);
    if (words.size() > next) problem.learning_rate = std::stod(words[next]);
    run(problem);
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
  return 0;
}
