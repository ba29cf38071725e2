DROP TABLE exception_marks;
DROP TABLE notification_choices;
DROP TABLE notifications;
