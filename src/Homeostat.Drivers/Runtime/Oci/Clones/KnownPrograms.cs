using System.Text.RegularExpressions;

namespace Homeostat.Drivers.Runtime.Oci.Clones;

/// <summary>What is known of a program's randomness.</summary>
/// <param name="Name">For people.</param>
/// <param name="Safe">Clones may be made once every generator found was primed; each such entry is backed by a test.</param>
/// <param name="Note">What repeats all the same, or why not.</param>
internal sealed record KnownProgram(string Name, bool Safe, string Note);

/// <summary>
/// The programs whose randomness was measured. A list of known programs, not of known dangers: "draws only from the kernel" cannot be
/// proved by looking (a buffered /dev/urandom, a generator written in Java map no telltale library).
/// </summary>
internal static partial class KnownPrograms
{
    /// <summary>Null: not known.</summary>
    /// <param name="executable">File name of the executable.</param>
    /// <param name="isGo">It was built by Go.</param>
    /// <param name="libraries">File names of what the process has mapped.</param>
    public static KnownProgram? Find(string executable, bool isGo, IReadOnlyCollection<string> libraries)
    {
        if (libraries.Any(l => l.StartsWith("libjvm.so", StringComparison.Ordinal)))
        {
            return new("JVM", false, "SHA1PRNG and DRBG repeat in clones; Tomcat, for one, draws session ids from SHA1PRNG");
        }

        if (libraries.Any(l => l.StartsWith("libcoreclr.so", StringComparison.Ordinal)))
        {
            return new(".NET", true, "Random.Shared, activity ids and string hashes repeat");
        }

        return executable switch
        {
            "node" or "nodejs" => new("Node.js", true, "Math.random and TLS ticket keys repeat"),
            "nginx" => new("nginx", true, ""),
            "apache2" or "httpd" => new("Apache", true, ""),
            "sh" or "dash" or "bash" or "busybox" or "sleep" or "cat" or "tini" or "dumb-init" => new(executable, true, ""),
            "perl" => new("Perl", false, "modules read /dev/urandom through a buffer, which repeats in clones"),
            _ when isGo => new("Go", false, "crypto/rand draws from the kernel, but no test of clones backs it yet"),
            _ when Python().IsMatch(executable) => new("Python", true, "the module random repeats"),
            _ when Ruby().IsMatch(executable) => new("Ruby", true, "rand and Random.rand repeat"),
            _ when Php().IsMatch(executable) => new("PHP", true, "mt_rand and rand repeat"),
            _ => null,
        };
    }

    /// <summary>Why a mapped library forbids clones; null if it does not. These have generators of their own that were not tried.</summary>
    public static string? Untested(string library) =>
        Generators().Match(library) is { Success: true } match ? $"{match.Value} has a random generator of its own that was not tested" : null;

    [GeneratedRegex(@"^python[23](\.\d+)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Python();

    [GeneratedRegex(@"^ruby(\d+(\.\d+)?)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ruby();

    [GeneratedRegex(@"^php(-cgi|-fpm)?(\d+(\.\d+)?)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Php();

    [GeneratedRegex(@"^lib(gnutls|gcrypt|nss3|softokn3|freebl|freeblpriv3|mbedcrypto|wolfssl|botan|tomcrypt|cryptopp|bouncycastle)(?=[-.0-9])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Generators();
}
