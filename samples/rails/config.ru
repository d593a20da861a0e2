# A whole Rails application in one file, without a database: state in memory, a background thread, a file in /tmp.
require "action_controller/railtie"
require "logger"
require "openssl"
require "securerandom"
require "socket"

class Sample < Rails::Application
  config.root = __dir__
  config.eager_load = true
  config.consider_all_requests_local = false
  config.logger = Logger.new($stdout)
  config.log_level = :warn
  config.secret_key_base = ENV.fetch("SECRET_KEY_BASE") { SecureRandom.hex(64) }
  config.hosts.clear

  routes.append do
    root to: "pages#index"
    %w[healthz count pid hostname timer random tmp].each { |page| get page, to: "pages##{page}" }
  end
end

class PagesController < ActionController::Base
  LOCK = Mutex.new
  STATE = { count: 0, ticks: 0 }
  Thread.new { loop { sleep 0.1; STATE[:ticks] += 1 } }

  def index
    render plain: "Hello from Rails #{Rails.version} in #{Socket.gethostname}, #{STATE[:count]} counted so far\n"
  end

  def healthz = render(plain: "ok\n")
  def count = render(plain: "#{LOCK.synchronize { STATE[:count] += 1 }}\n")
  def pid = render(plain: "#{Process.pid}\n")
  def hostname = render(plain: "#{Socket.gethostname}\n")
  def timer = render(plain: "#{STATE[:ticks]}\n")

  def random
    render json: {
      "SecureRandom.hex" => SecureRandom.hex(16),
      "SecureRandom.uuid" => SecureRandom.uuid,
      "OpenSSL::Random" => OpenSSL::Random.random_bytes(16).unpack1("H*"),
    }
  end

  def tmp
    File.write("/tmp/sample", "x\n", mode: "a")
    render plain: "#{File.readlines("/tmp/sample").length}\n"
  end
end

Sample.initialize!
run Sample
