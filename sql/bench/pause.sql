SELECT giftbridge.pause('default', 'benchmark')
