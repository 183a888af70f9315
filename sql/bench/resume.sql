SELECT giftbridge.resume('default')
