<?php
// Runs in the built-in server and in Apache's mod_php. PHP keeps nothing between requests, hence the files in /tmp.
declare(strict_types=1);

function add_line(string $file): int
{
    file_put_contents($file, "x\n", FILE_APPEND | LOCK_EX);
    return count(file($file));
}

$pages = [
    '/' => fn () => 'Hello from PHP ' . PHP_VERSION . ' (' . PHP_SAPI . ') in ' . gethostname(),
    '/healthz' => fn () => 'ok',
    '/count' => fn () => add_line('/tmp/sample-count'),
    '/pid' => fn () => getmypid(),
    '/hostname' => fn () => gethostname(),
    '/random' => fn () => [
        'random_bytes' => bin2hex(random_bytes(16)),
        'random_int' => random_int(0, PHP_INT_MAX),
        'openssl' => bin2hex(openssl_random_pseudo_bytes(16)),
        'session_create_id' => session_create_id(),
    ],
    '/tmp' => fn () => add_line('/tmp/sample'),
];

$page = $pages[parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)] ?? null;
if ($page === null) {
    http_response_code(404);
    $page = fn () => 'no such page';
}
$body = $page();
header('Content-Type: ' . (is_array($body) ? 'application/json' : 'text/plain'));
echo is_array($body) ? json_encode($body) : $body, "\n";
