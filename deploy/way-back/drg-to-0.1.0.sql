-- So that drg of release 0.1.0 (schema 1) starts on this schema, which has all that it needs and more: the later files are set aside, nothing
-- is removed, and the next drg that knows them takes them back. Refused once a month was frozen or something else stands that 0.1.0 would not
-- respect. How and when: docs/operations.md, "The way back".
DELIMITER //
BEGIN NOT ATOMIC
  DECLARE newer, months, rest INT;
  IF COALESCE(GET_LOCK(CONCAT('yb_migrate.', DATABASE()), 60), 0) <> 1 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a program has been migrating this schema for a minute: try again when it is done';
  END IF;
  SELECT COUNT(*) INTO newer FROM schema_version WHERE version > 5 OR (version > 1 AND statements_done < statements_total);
  SELECT COUNT(*) INTO months FROM month WHERE state > 1;
  SELECT (SELECT COUNT(*) FROM statement) + (SELECT COUNT(*) FROM petition) + (SELECT COUNT(*) FROM case_ruling) + (SELECT COUNT(*) FROM year_input) INTO rest;
  IF newer > 0 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not to 0.1.0: the schema is of a later release still, or half migrated';
  END IF;
  IF months + rest > 0 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not to 0.1.0: it would not respect months that are frozen or closed, or petitions; stay, or restore a backup';
  END IF;
  UPDATE schema_version SET version = version - 1000000 WHERE version BETWEEN 2 AND 5;
  DO RELEASE_LOCK(CONCAT('yb_migrate.', DATABASE()));
END //
