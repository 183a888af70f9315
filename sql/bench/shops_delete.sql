DELETE FROM giftbridge.shops WHERE name LIKE 'bench %'
