// SPDX-License-Identifier: MIT
/* FAISS, which has no C interface in Debian. */
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <faiss/IndexFlat.h>
#include <faiss/IndexScalarQuantizer.h>
#include <faiss/utils/utils.h>

#include "../data.h"
#include "peer.h"

using faiss::ScalarQuantizer;

namespace {

/* Rows given to an index at once. */
constexpr uint32_t batch_rows = 16384;
/* What the int8 indexes are compared on before the fastest is filled. */
constexpr uint32_t trial_rows = 65536;
constexpr int trial_rounds = 3;

/* An index, and the probes in the form of its rows. */
struct Filled {
	std::unique_ptr<faiss::Index> index;
	std::vector<float> probes;
	uint32_t count = 0;
};

using Rows = void (*)(uint32_t first, uint32_t count, float *rows);

/*
 * QT_8bit_direct takes unsigned bytes, of probes too. Components 128 larger leave
 * distances as they are, but not products: it searches by distance.
 */
const struct {
	ScalarQuantizer::QuantizerType type;
	const char *name;
	faiss::MetricType metric;
	int biased;
} quantizers[] = {
	{ ScalarQuantizer::QT_8bit_direct, "QT_8bit_direct, L2",
	  faiss::METRIC_L2, 1 },
	{ ScalarQuantizer::QT_8bit, "QT_8bit, inner product",
	  faiss::METRIC_INNER_PRODUCT, 0 },
	{ ScalarQuantizer::QT_8bit_uniform, "QT_8bit_uniform, inner product",
	  faiss::METRIC_INNER_PRODUCT, 0 },
#if FAISS_VERSION_MAJOR > 1 || FAISS_VERSION_MINOR >= 11
	{ ScalarQuantizer::QT_8bit_direct_signed,
	  "QT_8bit_direct_signed, inner product",
	  faiss::METRIC_INNER_PRODUCT, 0 },
#endif
};

Filled flat, int8;

void fill(Filled &filled, Rows make_rows, uint32_t rows)
{
	std::vector<float> batch((size_t)batch_rows * BENCH_DIM);

	for (uint32_t first = 0; first < rows; first += batch_rows) {
		uint32_t count = std::min(batch_rows, rows - first);

		make_rows(first, count, batch.data());
		if (!filled.index->is_trained)
			filled.index->train(count, batch.data());
		filled.index->add(count, batch.data());
	}
}

void take_probes(Filled &filled, uint32_t probes, uint32_t rows, int biased)
{
	int8_t vector[BENCH_DIM];

	filled.count = probes;
	filled.probes.clear();
	for (uint32_t i = 0; i < probes; i++) {
		bench_data_probe(i, rows, vector);
		for (int component : vector)
			filled.probes.push_back(component + biased * 128);
	}
}

void search(const Filled &filled, int64_t best[][PEER_TOP])
{
	std::vector<float> products((size_t)filled.count * PEER_TOP);

	filled.index->search(filled.count, filled.probes.data(), PEER_TOP,
			     products.data(), best[0]);
}

void fill_int8(size_t which, uint32_t rows, uint32_t probes)
{
	int8.index = std::make_unique<faiss::IndexScalarQuantizer>(
		BENCH_DIM, quantizers[which].type, quantizers[which].metric);
	fill(int8,
	     quantizers[which].biased ? peer_rows_unsigned : peer_rows_float,
	     rows);
	take_probes(int8, probes, rows, quantizers[which].biased);
}

int64_t trial(size_t which, uint32_t rows)
{
	int64_t best[1][PEER_TOP], shortest = INT64_MAX;

	fill_int8(which, rows, 1);
	for (int i = 0; i < trial_rounds; i++) {
		int64_t start = peer_now();

		search(int8, best);
		shortest = std::min(shortest, peer_now() - start);
	}
	return shortest;
}

std::string version()
{
	return "FAISS " + std::to_string(FAISS_VERSION_MAJOR) + "." +
	       std::to_string(FAISS_VERSION_MINOR) + "." +
	       std::to_string(FAISS_VERSION_PATCH) +
	       " (" PACKAGE_FAISS ", " + faiss::get_compile_options() + ")";
}

/* FAISS throws; C does not catch. */
template <typename Work> int guarded(char *text, Work work)
{
	try {
		work();
		return 0;
	} catch (const std::exception &e) {
		snprintf(text, PEER_TEXT_SIZE, "%s", e.what());
		return -1;
	}
}

int prepare_flat(uint32_t rows, uint32_t probes, char *text)
{
	return guarded(text, [&] {
		flat.index = std::make_unique<faiss::IndexFlatIP>(BENCH_DIM);
		fill(flat, peer_rows_unit, rows);
		take_probes(flat, probes, rows, 0);
		snprintf(text, PEER_TEXT_SIZE, "%s IndexFlatIP",
			 version().c_str());
	});
}

int run_flat(int64_t best[][PEER_TOP], char *text)
{
	return guarded(text, [&] { search(flat, best); });
}

void drop_flat()
{
	flat = Filled();
}

int prepare_int8(uint32_t rows, uint32_t probes, char *text)
{
	return guarded(text, [&] {
		const uint32_t some = std::min(rows, trial_rows);
		int64_t shortest = INT64_MAX;
		std::string tried;
		size_t fastest = 0;

		for (size_t i = 0; i < std::size(quantizers); i++) {
			int64_t time = trial(i, some);

			tried += std::string(i ? ", " : "") +
				 quantizers[i].name + " " +
				 std::to_string(time / some) + " ns";
			if (time < shortest) {
				shortest = time;
				fastest = i;
			}
		}
		fill_int8(fastest, rows, probes);
		snprintf(text, PEER_TEXT_SIZE,
			 "%s IndexScalarQuantizer %s, the fastest (a row: %s)",
			 version().c_str(), quantizers[fastest].name,
			 tried.c_str());
	});
}

int run_int8(int64_t best[][PEER_TOP], char *text)
{
	return guarded(text, [&] { search(int8, best); });
}

void drop_int8()
{
	int8 = Filled();
}

} // namespace

extern "C" const struct peer peer_faiss_flat = {
	"faiss-flat", prepare_flat, run_flat, drop_flat, nullptr, true,
};

extern "C" const struct peer peer_faiss_int8 = {
	"faiss-int8", prepare_int8, run_int8, drop_int8, nullptr, true,
};
