using System.Net.Http.Headers;
using System.Net.Sockets;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Readiness;

/// <summary>
/// One HTTP/1.1 request on a connection of its own, for health checks, warm-up and hooks. Reads the answer to its end (at most 1 MiB of it), since a program that
/// finds its answer unread may take that for a broken client; the end is what the answer's framing says, as not every program closes when asked to.
/// </summary>
internal static class PlainHttp
{
    private const int AnswerBytesMax = 1 << 20;
    private static readonly HttpRequestOptionsKey<(Netns Netns, Reach Reach)> Where = new("where");
    private static readonly HttpMessageInvoker Invoker = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectCallback = ConnectAsync,
    });

    /// <returns>The status code, or null when the answer is not HTTP.</returns>
    /// <exception cref="SocketException">Refused or broken.</exception>
    public static async Task<int?> SendAsync(
        Netns netns, Reach reach, string method, string path, byte[] body, TimeSpan limit, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        either.CancelAfter(limit);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri($"http://localhost:{reach.Target.Port}{path}"));
        request.Options.Set(Where, (netns, reach));
        request.Headers.ConnectionClose = true;
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("homeostat", null));
        request.Headers.Accept.ParseAdd("*/*");
        if (method == "POST")
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        try
        {
            using var response = await Invoker.SendAsync(request, either.Token);
            await DrainAsync(response.Content, either.Token);
            return (int)response.StatusCode;
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException inner)
        {
            throw new SocketException((int)inner.SocketErrorCode);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.InvalidResponse)
        {
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new SocketException((int)SocketError.ConnectionReset);
        }
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        context.InitialRequestMessage.Options.TryGetValue(Where, out var where);
        return new NetworkStream(await CellDialer.ConnectAsync(where.Netns, where.Reach, cancel), ownsSocket: true);
    }

    private static async Task DrainAsync(HttpContent content, CancellationToken cancel)
    {
        var buffer = new byte[16 << 10];
        await using var stream = await content.ReadAsStreamAsync(cancel);
        var total = 0;
        while (total < AnswerBytesMax && await stream.ReadAsync(buffer, cancel) is var count and > 0)
        {
            total += count;
        }
    }
}
