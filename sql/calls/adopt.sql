SELECT giftbridge.adopt()
