-- So that settlement of release 0.1.0 (schema 2) starts on this schema: see drg-to-0.1.0.sql. Refused once a payment of drg stands in the books,
-- of which 0.1.0 knows nothing.
DELIMITER //
BEGIN NOT ATOMIC
  DECLARE newer, booked INT;
  IF COALESCE(GET_LOCK(CONCAT('yb_migrate.', DATABASE()), 60), 0) <> 1 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a program has been migrating this schema for a minute: try again when it is done';
  END IF;
  SELECT COUNT(*) INTO newer FROM schema_version WHERE version > 3 OR (version > 2 AND statements_done < statements_total);
  SELECT COUNT(*) INTO booked FROM adjustment;
  IF newer > 0 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not to 0.1.0: the schema is of a later release still, or half migrated';
  END IF;
  IF booked > 0 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not to 0.1.0: payments of drg stand in the books; stay, or restore a backup';
  END IF;
  UPDATE schema_version SET version = version - 1000000 WHERE version = 3;
  DO RELEASE_LOCK(CONCAT('yb_migrate.', DATABASE()));
END //
