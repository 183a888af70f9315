CREATE DATABASE giftbridge_bench_second TEMPLATE template0 ENCODING 'UTF8'
