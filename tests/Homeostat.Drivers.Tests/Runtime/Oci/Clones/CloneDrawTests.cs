using System.Text.Json;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Clones;
using Homeostat.Drivers.Tests.Runtime.Oci.Keeper;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Clones;

/// <summary>
/// Two clones of one template of each runtime, compared by what they draw. Each program answers with the numbers of all its generators; those that
/// clones must not share are named per runtime, and so are those that are known to repeat, as a proof that the comparison sees repeats.
/// </summary>
public sealed class CloneDrawTests : IDisposable
{
    private const string Node = """
        const http = require('http'), c = require('crypto');
        http.createServer((q, s) => s.end(JSON.stringify({
          bytes: c.randomBytes(8).toString('hex'), uuid: c.randomUUID(), webuuid: globalThis.crypto ? globalThis.crypto.randomUUID() : c.webcrypto.randomUUID(),
          integer: c.randomInt(1e14), key: c.generateKeySync('hmac', { length: 64 }).export().toString('hex'), math: Math.random() }))
        ).listen(+process.env.PORT, '127.0.0.1');
        """;

    private const string Python = """
        import http.server, json, os, random, secrets, ssl, uuid
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(dict(ssl=ssl.RAND_bytes(8).hex(), secrets=secrets.token_hex(8), uuid=str(uuid.uuid4()), random=random.random())).encode()
                self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
            def log_message(self, *a): pass
        http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
        """;

    private const string Php = """
        <?php if (!isset($GLOBALS['x'])) { mt_rand(); }
        echo json_encode(['openssl' => bin2hex(openssl_random_pseudo_bytes(8)), 'bytes' => bin2hex(random_bytes(8)), 'integer' => random_int(0, 1 << 60)]);
        """;

    private const string Ruby = """
        require 'socket'; require 'openssl'; require 'securerandom'; require 'json'
        server = TCPServer.new('127.0.0.1', ENV['PORT'].to_i)
        loop do
          client = server.accept
          while (line = client.gets) && line != "\r\n"; end
          body = { openssl: OpenSSL::Random.random_bytes(8).unpack1('H*'), secure: SecureRandom.hex(8), uuid: SecureRandom.uuid, rand: rand }.to_json
          client.write "HTTP/1.0 200 OK\r\nContent-Length: #{body.bytesize}\r\n\r\n#{body}"; client.close
        end
        """;

    private const string Nginx = """
        daemon off; worker_processes 2; pid /tmp/nginx.pid; error_log stderr;
        events { }
        http { access_log off; client_body_temp_path /tmp/1; proxy_temp_path /tmp/2; fastcgi_temp_path /tmp/3; uwsgi_temp_path /tmp/4; scgi_temp_path /tmp/5;
               server { listen 127.0.0.1:PORT; location / { return 200 '{ "request": "$request_id" }'; } } }
        """;

    private const string Apache = """
        ServerRoot /usr/lib/apache2
        PidFile /tmp/apache.pid
        ServerName localhost
        Listen 127.0.0.1:PORT
        LoadModule mpm_prefork_module modules/mod_mpm_prefork.so
        LoadModule authz_core_module modules/mod_authz_core.so
        LoadModule dir_module modules/mod_dir.so
        StartServers 2
        MinSpareServers 2
        MaxSpareServers 2
        MaxRequestWorkers 2
        ErrorLog /dev/stderr
        DocumentRoot /srv
        DirectoryIndex index.php
        <Directory /srv>
          Require all granted
        </Directory>
        <FilesMatch php$>
          SetHandler application/x-httpd-php
        </FilesMatch>
        """;

    private readonly TestCells _cells = new();
    private readonly int _port = Waiting.FreePort();

    public CloneDrawTests()
    {
        _cells.RequireCriu();
        _cells.WriteProgram("node.js", Node);
        _cells.WriteProgram("python.py", Python);
        _cells.WriteProgram("index.php", Php);
        _cells.WriteProgram("ruby.rb", Ruby);
        _cells.WriteProgram("preload.cjs", NodePreload.Script);
        _cells.WriteProgram("nginx.conf", Nginx.Replace("PORT", $"{_port}", StringComparison.Ordinal));
        _cells.WriteProgram("apache.conf", Apache.Replace("PORT", $"{_port}", StringComparison.Ordinal));
    }

    public void Dispose() => _cells.Dispose();

    [Theory]
    [InlineData("node", "exec node /srv/node.js", "math")]
    [InlineData("python3", "exec /usr/bin/python3 /srv/python.py", "random")]
    [InlineData("php", "exec php -S 127.0.0.1:$PORT /srv/index.php", "")]
    [InlineData("ruby", "exec ruby /srv/ruby.rb", "rand")]
    [InlineData("nginx", "exec nginx -c /srv/nginx.conf", "", 33)]
    [InlineData("apache2", "exec apache2 -f /srv/apache.conf -D FOREGROUND -C \"LoadModule php_module $(ls /usr/lib/apache2/modules/libphp*.so)\"", "", 33)]
    public async Task TwoClones_OfAPrimedTemplate_RepeatOnlyWhatIsKnownTo(string program, string command, string repeats, int user = 0)
    {
        TestCells.Require(program);
        await CompareClonesAsync(program, command, repeats, user, "/");
    }

    [Fact]
    public async Task TwoClones_OfAPrimedAspNetApp_RepeatNothing()
    {
        var sample = TestCells.Above("samples/aspnet/out/sample");
        Assert.SkipWhen(sample is null, "the ASP.NET sample is not compiled (./run samples)");
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(sample)!))
        {
            File.Copy(file, Path.Combine(_cells.Programs, Path.GetFileName(file)));
        }

        await CompareClonesAsync(".NET", "cd /srv; exec ./sample", "", 0, "/random");
    }

    private async Task CompareClonesAsync(string program, string command, string repeats, int user, string path)
    {
        var image = _cells.NewImage("template");
        var verdict = await MakeTemplateAsync(image, command, user, path);
        var (one, drawnOne) = await CloneAsync(image, user, path);
        var (two, drawnTwo) = await CloneAsync(image, user, path);

        foreach (var name in one[0].Keys)
        {
            var shared = one.Select(a => a[name]).Intersect(two.Select(a => a[name])).Count();
            Assert.True(shared == 0 ^ name == repeats, $"{program}: {shared} of {one.Count} numbers of '{name}' were the same in both clones");
        }

        var judged = CloneSafety.WithTrial(verdict, ClonePolicy.Auto, drawnOne, drawnTwo);
        Assert.True(judged.Allowed, string.Join('\n', judged.Lines));
    }

    [Fact]
    public async Task TwoClones_NotPrimed_RepeatAndTheTrialRefusesThem()
    {
        TestCells.Require("node");
        var image = _cells.NewImage("template");
        await MakeTemplateAsync(image, "exec node /srv/node.js", 0, "/", prime: false);
        var (one, drawnOne) = await CloneAsync(image, 0, "/", stopped: false);
        var (two, drawnTwo) = await CloneAsync(image, 0, "/", stopped: false);
        Assert.NotEmpty(one.Select(a => a["bytes"]).Intersect(two.Select(a => a["bytes"])));
        Assert.False(CloneSafety.WithTrial(new CloneVerdict(true, "", []), ClonePolicy.Auto, drawnOne, drawnTwo).Allowed);
    }

    [Fact]
    public async Task Prime_ProgramThatNeverRests_IsRefusedAndGoesOn()
    {
        TestCells.Require("python3");
        await using var cell = await TestCell.CreateAsync(_cells);
        Assert.True((await cell.StartAsync("python3", "-c", "import ssl\nprint('begun', flush=True)\nwhile True: pass")).Ok);
        await cell.WaitForLogAsync("begun");
        var refused = await cell.Keeper.PrimeAsync(TimeSpan.FromSeconds(1), default);
        Assert.Equal((false, "refused"), (refused.Ok, refused.Kind));
        Assert.Contains("a thread is at work", refused.Reason);
        Assert.Equal("running", (await cell.Keeper.StatusAsync(default)).State);
    }

    [Fact]
    public async Task Prime_ChildForkedByAThread_IsFoundAndStoppedToo()
    {
        TestCells.Require("python3");
        _cells.WriteProgram("threads.py", """
            import os, threading, time
            def run():
                if os.fork() == 0: time.sleep(1000)
                print('begun', flush=True)
                time.sleep(1000)
            threading.Thread(target=run, daemon=True).start()
            time.sleep(1000)
            """);
        await using var cell = await TestCell.CreateAsync(_cells);
        Assert.True((await cell.StartAsync("python3", "/srv/threads.py")).Ok);
        await cell.WaitForLogAsync("begun");
        var primed = await cell.Keeper.PrimeAsync(TimeSpan.FromSeconds(10), default);
        Assert.True(primed.Ok, primed.Reason);
        var pids = CloneFinding.ParseAll(primed.Findings).Where(f => f.Kind == FindingKind.Program).Select(f => f.Pid).ToList();
        Assert.Equal(2, pids.Count);
        await Waiting.UntilAsync(
            () => pids.TrueForAll(p => File.ReadAllText($"/proc/{p}/stat").Contains(") T ", StringComparison.Ordinal)), () => "both to stand stopped");
    }

    private async Task<CloneVerdict> MakeTemplateAsync(string image, string command, int user, string path, bool prime = true)
    {
        await using var cell = await TestCell.CreateAsync(_cells, user);
        var environment = NodePreload.AddTo([$"PORT={_port}"]);
        Assert.True((await cell.Keeper.StartAsync(cell.Program(["sh", "-c", command], [.. environment]), default)).Ok);
        for (var i = 0; i < 4; i++)
        {
            await Waiting.GetAsync(_port, path);
        }

        var verdict = new CloneVerdict(true, "", []);
        if (prime)
        {
            var primed = await cell.Keeper.PrimeAsync(TimeSpan.FromSeconds(10), default);
            Assert.True(primed.Ok, primed.Reason);
            verdict = CloneSafety.Judge(ClonePolicy.Auto, CloneFinding.ParseAll(primed.Findings), null, ProcessEnvironment.Of);
        }

        var dumped = await cell.Keeper.DumpAsync(image, leave: false, default);
        Assert.True(dumped.Ok, dumped.Reason);
        return verdict;
    }

    private async Task<(List<Dictionary<string, string>> Answers, IReadOnlyList<CloneFinding> Drawn)> CloneAsync(string image, int user, string path, bool stopped = true)
    {
        await using var cell = await TestCell.CreateAsync(_cells, user);
        var restored = await cell.Keeper.RestoreAsync(image, consume: false, park: false, cell.Logs, default, stopped);
        Assert.True(restored.Ok, restored.Reason);
        var answers = new List<Dictionary<string, string>>();
        for (var i = 0; i < 6; i++)
        {
            using var json = JsonDocument.Parse(await Waiting.GetAsync(_port, path));
            answers.Add(json.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.ToString(), StringComparer.Ordinal));
        }

        var drawn = await cell.Keeper.DrawAsync(default);
        Assert.True(drawn.Ok, drawn.Reason);
        return (answers, CloneFinding.ParseAll(drawn.Findings));
    }
}
