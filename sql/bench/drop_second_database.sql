DROP DATABASE IF EXISTS giftbridge_bench_second WITH (FORCE)
