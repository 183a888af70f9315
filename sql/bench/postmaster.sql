-- The backend's own process id: its parent is the server.
SELECT pg_backend_pid() AS pid
